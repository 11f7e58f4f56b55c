(() => {
  let g = 0;
  const find = (s) => document.querySelector(s);
  const close = () => document.querySelectorAll('.top details[open]').forEach((d) => { d.open = false; });
  const rows = () => [...document.querySelectorAll('[data-rows] > li')];
  const here = () => rows().findIndex((r) => r.hasAttribute('aria-current'));
  const move = (by) => {
    const all = rows();
    if (!all.length) return false;
    const to = Math.min(Math.max(here() + by, 0), all.length - 1);
    all.forEach((r, i) => { if (i === to) r.setAttribute('aria-current', 'true'); else r.removeAttribute('aria-current'); });
    all[to].querySelector('a').focus();
    return true;
  };
  // Of a row: its page, at the button. On a change: the button, or the comment that it takes first. Nothing is sent.
  const WORDS = { a: 'approve', r: 'reject', q: 'ask', s: 'recuse', c: 'consent' };
  const act = (key) => {
    const button = find(`[data-do="${key}"]`);
    if (button) {
      const text = button.form.elements.text;
      const to = button.dataset.text && text && !text.value ? text : button;
      to.focus();
      to.scrollIntoView({ block: 'nearest' });
      return true;
    }
    const row = rows()[Math.max(here(), 0)];
    if (!row) return false;
    location.href = `${row.querySelector('a').href}&do=${WORDS[key]}#decide`;
    return true;
  };
  const open = () => { const row = rows()[here()]; if (row) row.querySelector('a').click(); return !!row; };
  const DOES = { j: () => move(1), k: () => move(-1), o: open };
  addEventListener('click', (e) => {
    if (!e.target.closest('.top details')) close();
    const copy = e.target.closest('.copy');
    if (copy) navigator.clipboard?.writeText(copy.previousElementSibling.textContent).then(() => { copy.textContent = 'Copied'; });
  });
  addEventListener('keydown', (e) => {
    if (e.key === 'Escape') return close();
    const t = e.target;
    if (e.ctrlKey || e.metaKey || e.altKey || t.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(t.tagName)) return;
    const after = Date.now() - g < 1500;
    g = e.key === 'g' ? Date.now() : 0;
    if (after) {
      const to = find(`[data-key="${CSS.escape(e.key)}"]`);
      if (to) { e.preventDefault(); to.click(); }
    } else if (e.key === '/') {
      const field = find('.top .search input[name=q]');
      if (field && field.offsetParent) { e.preventDefault(); field.focus(); }
    } else if (e.key === '?') {
      location.href = '/keyboard';
    } else if (Object.hasOwn(DOES, e.key)) {
      if (DOES[e.key]()) e.preventDefault();
    } else if (Object.hasOwn(WORDS, e.key) && act(e.key)) {
      e.preventDefault();
    }
  });
})();
