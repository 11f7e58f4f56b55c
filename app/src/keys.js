(() => {
  let g = 0;
  const find = (s) => document.querySelector(s);
  const close = () => document.querySelectorAll('.top details[open]').forEach((d) => { d.open = false; });
  addEventListener('click', (e) => { if (!e.target.closest('.top details')) close(); });
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
    }
  });
})();
