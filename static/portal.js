/* What the pages do better where scripts run; every page works without it. */
(function () {
  'use strict';

  const all = (selector, within) => Array.from((within || document).querySelectorAll(selector));

  // Errors: the summary is the first thing that is read.
  all('[data-focus]').slice(0, 1).forEach(summary => summary.focus());

  // A form is sent once; a page that comes back, or an answer that does not come, frees it again.
  const release = form => {
    delete form.dataset.sent;
    all('button[aria-disabled]', form).forEach(button => {
      button.removeAttribute('aria-disabled');
      if (button.dataset.label) button.textContent = button.dataset.label;
    });
  };
  all('form[method=post]').forEach(form => form.addEventListener('submit', event => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = 'yes';
    all('[data-reveal]', form).forEach(button => reveal(button, false));
    all('button:not([type=button])', form).forEach(button => {
      button.setAttribute('aria-disabled', 'true');
      if (!button.dataset.busy) return;
      button.dataset.label = button.textContent;
      button.textContent = button.dataset.busy;
    });
    setTimeout(release, 15000, form);
  }));
  addEventListener('pageshow', () => all('form[method=post]').forEach(release));

  // The password, to be read while typing; it is sent hidden, so that the browser offers to keep it.
  const reveal = (button, shown) => {
    document.getElementById(button.dataset.reveal).type = shown ? 'text' : 'password';
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
    button.setAttribute('aria-label', shown ? button.dataset.hideLabel : button.dataset.showLabel);
  };
  all('[data-reveal]').forEach(button => {
    button.hidden = false;
    button.addEventListener('click', () => {
      reveal(button, document.getElementById(button.dataset.reveal).type === 'password');
    });
  });

  // How good a new password is, said while it is typed; the server judges it again when it is sent.
  all('[data-meter]').forEach(meter => {
    const input = document.getElementById(meter.dataset.for);
    const [steps, verdict, why] = meter.children;
    let waiting, asked, shown;
    const clear = () => {
      shown = '';
      meter.className = 'meter';
      steps.hidden = true;
      verdict.textContent = why.textContent = '';
    };
    const say = sentence => {
      clear();
      verdict.textContent = sentence;
    };
    const show = judged => {
      const news = JSON.stringify(judged);
      if (news === shown) return;  // what is replaced is read aloud again
      const level = judged.good ? 'good' : judged.score > 1 ? 'fair' : 'weak';
      const filled = judged.good ? 4 : Math.min(Math.max(judged.score, 1), 3);
      say(meter.dataset[level]);
      shown = news;
      meter.classList.add(level);
      steps.hidden = false;
      all('span', steps).forEach((step, place) => step.classList.toggle('on', place < filled));
      judged.reasons.forEach(reason => {
        why.appendChild(document.createElement('li')).textContent = reason;
      });
    };
    const ask = () => {
      asked = new AbortController();
      const {signal} = asked;
      const token = input.form.querySelector('[name=csrfmiddlewaretoken]').value;
      fetch(meter.dataset.meter, {
        method: 'POST',
        credentials: 'same-origin',
        headers: {'X-Requested-With': 'XMLHttpRequest'},
        body: new URLSearchParams({csrfmiddlewaretoken: token, password: input.value}),
        signal,
      })
        .then(response => response.ok ? response.json() : Promise.reject())
        .then(judged => { if (!signal.aborted) show(judged); })
        .catch(() => { if (!signal.aborted) clear(); });
    };
    const look = () => {
      const length = Array.from(input.value.normalize('NFC')).length;
      const missing = meter.dataset.least - length;
      if (missing === 1) say(meter.dataset.missingOne.replace('#', missing));
      else if (missing > 0) say(meter.dataset.missing.replace('#', missing));
      else if (length > meter.dataset.most) say(meter.dataset.long);
      else ask();
    };
    if (!window.AbortController) return;
    meter.hidden = false;
    input.addEventListener('input', () => {
      clearTimeout(waiting);
      if (asked) asked.abort();
      if (input.value) waiting = setTimeout(look, 400);
      else clear();
    });
  });

  // Another captcha; nothing else of the form changes.
  all('[data-captcha]').forEach(captcha => {
    const image = captcha.querySelector('img');
    const answer = captcha.querySelector('input[type=text]');
    const button = captcha.querySelector('button');
    const said = captcha.querySelector('[role=status]');
    const fresh = (captcha.dataset.life - 60) * 1000;
    let issued = Date.now();
    const renew = asked => {
      fetch(captcha.dataset.captcha, {credentials: 'same-origin', headers: {'X-Requested-With': 'XMLHttpRequest'}})
        .then(response => response.json().then(answer => response.ok ? answer : Promise.reject(answer)))
        .then(next => {
          captcha.querySelector('input[type=hidden]').value = next.key;
          image.src = next.image_url;
          image.hidden = false;
          all('.missing', captcha).forEach(note => note.remove());
          answer.value = '';
          issued = Date.now();
          said.textContent = captcha.dataset.done;
          if (asked) answer.focus();
        })
        .catch(refusal => { if (asked) said.textContent = refusal.sentence || captcha.dataset.failed; });
    };
    const renewIfOld = () => { if (!answer.value && Date.now() - issued > fresh) renew(false); };
    button.hidden = false;
    button.addEventListener('click', () => renew(true));
    // A page that stood open since yesterday shows a picture that is too old.
    answer.addEventListener('focus', renewIfOld);
    document.addEventListener('visibilitychange', () => { if (!document.hidden) renewIfOld(); });
    addEventListener('pageshow', event => { if (event.persisted) renew(false); });
  });

  // The lock: a pop-up that counts down and then offers the way back.
  all('[data-lock]').forEach(lock => {
    const until = Date.now() + lock.dataset.lock * 1000;
    const heading = lock.querySelector('h1');
    const timer = lock.querySelector('[role=timer]');
    const said = lock.querySelector('[role=status]');
    const again = lock.querySelector('a.main');
    const close = lock.querySelector('button');
    let minuteSaid = lock.dataset.lock <= 60;
    again.hidden = true;
    const tick = () => {
      const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      timer.textContent = Math.floor(left / 60) + ':' + ('0' + left % 60).slice(-2);
      if (left > 0) {
        if (left <= 60 && !minuteSaid) {
          minuteSaid = true;
          said.textContent = said.dataset.minute;
        }
        return setTimeout(tick, 250);
      }
      timer.parentNode.hidden = true;
      again.hidden = false;
      said.textContent = said.dataset.done;
      if (lock.contains(document.activeElement)) again.focus();
    };
    tick();
    if (!lock.showModal) return heading.focus();
    lock.removeAttribute('open');
    lock.showModal();
    lock.classList.add('modal');
    heading.focus();
    close.hidden = false;
    close.addEventListener('click', () => lock.close());
    lock.addEventListener('close', () => {
      lock.classList.remove('modal');
      lock.setAttribute('open', '');
      close.hidden = true;
      (again.hidden ? heading : again).focus();
    });
  });

  // A moment on the clock of the reader's own zone, where the computer knows it.
  const zones = {'-420': 'WIB', '-480': 'WITA', '-540': 'WIT'};
  all('time[data-local]').forEach(time => {
    const at = new Date(time.getAttribute('datetime'));
    const zone = zones[at.getTimezoneOffset()];
    if (!zone) return;
    const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(part => ('0' + part).slice(-2));
    time.textContent = clock.join(':') + ' ' + zone;
  });
})();
