// Asks the browser's passkeys. A form with data-passkey="get" or "create" sends its own fields to data-question, hands the
// options to the browser, puts what comes back into its hidden fields and is sent. Without it such a form shows that it
// needs JavaScript. Where only some buttons are signed (data-verdict), the others send the form as it is.
(() => {
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const listed = list => list && list.map(item => ({ ...item, id: bytes(item.id) }));

  const get = async options => {
    const found = await navigator.credentials.get({
      publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: listed(options.allowCredentials) },
    });
    const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
    const answer = {
      credential: text(found.rawId),
      client_data: text(clientDataJSON),
      authenticator_data: text(authenticatorData),
      signature: text(signature),
    };
    if (userHandle && userHandle.byteLength) answer.user_handle = text(userHandle);
    return answer;
  };

  const create = async options => {
    const made = await navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: listed(options.excludeCredentials),
      },
    });
    const { attestationObject, clientDataJSON } = made.response;
    return {
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      response: {
        attestationObject: text(attestationObject),
        clientDataJSON: text(clientDataJSON),
        transports: made.response.getTransports ? made.response.getTransports() : [],
      },
      extensions: {},
    };
  };

  const question = async (form, verdict) => {
    const body = new URLSearchParams(new FormData(form));
    if (verdict) body.set('verdict', verdict);
    const answer = await fetch(form.dataset.question, { method: 'POST', headers: { Accept: 'application/json' }, body });
    const json = (answer.headers.get('content-type') || '').includes('json');
    const said = json ? await answer.json() : {};
    if (!answer.ok || !said.ceremony) throw new Error(said.detail || 'The server did not answer. Reload the page and try again.');
    return said;
  };

  const why = error => ({
    NotAllowedError: 'No passkey was used. Try again, or choose another way.',
    InvalidStateError: 'This device already holds a passkey for this account.',
    SecurityError: 'The address of this page does not match the server name passkeys are made for.',
  })[error.name] || error.message;

  document.querySelectorAll('form[data-passkey]').forEach(form => {
    const said = form.querySelector('[data-passkey-said]');
    const some = form.querySelectorAll('[data-verdict]');
    form.querySelectorAll('[data-passkey-needs]').forEach(part => { part.hidden = false; });
    if (!window.PublicKeyCredential) {
      said.textContent = 'This browser has no passkeys.';
      (some.length ? some : form.querySelectorAll('button[type="submit"]')).forEach(button => { button.disabled = true; });
      return;
    }
    form.addEventListener('submit', async event => {
      const button = event.submitter;
      const verdict = button && button.dataset.verdict;
      if (form.elements.answer.value || (some.length && !verdict)) return;
      event.preventDefault();
      said.textContent = 'Follow the instructions of your browser.';
      try {
        const { ceremony, options } = await question(form, verdict);
        const answer = await (form.dataset.passkey === 'create' ? create : get)(options);
        form.elements.ceremony.value = ceremony;
        form.elements.answer.value = JSON.stringify(answer);
        if (button && button.hasAttribute('formaction')) form.action = button.formAction;
        form.submit();
      } catch (error) {
        said.textContent = why(error);
      }
    });
  });
})();
