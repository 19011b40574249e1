/* What is closed or disturbed, kept up to date while a page is open. Pages and forms work without it. */
(function () {
  'use strict';

  const all = (selector, within) => Array.from((within || document).querySelectorAll(selector));
  const between = (least, most) => 1000 * (least + Math.random() * (most - least));
  const shop = document.querySelector('[data-closed]');
  const region = document.getElementById('notices');
  const UNSENT = 'pcare-unsent', DRAFT = 'pcare-draft';

  const getStatus = address => fetch(address, {credentials: 'omit'})
    .then(response => response.ok ? response.json() : Promise.reject())
    .then(status => status.portal);

  // The browser's own storage may be switched off.
  const storage = (() => {
    try { return window.sessionStorage; } catch (refused) { return null; }
  })();

  // A moment on the clock of the reader's own computer, where that is one of Indonesia's three.
  const zones = {'-420': ['WIB', 'Asia/Jakarta'], '-480': ['WITA', 'Asia/Makassar'], '-540': ['WIT', 'Asia/Jayapura']};
  const language = document.documentElement.lang;
  const clock = at => ('0' + at.getHours()).slice(-2) + ':' + ('0' + at.getMinutes()).slice(-2);
  const weekday = (at, timeZone) => at.toLocaleString(language, {timeZone, weekday: 'long'});
  const localise = within => all('time[data-moment], [data-zones]', within).forEach(shown => {
    const at = new Date(shown.getAttribute('datetime') || shown.dataset.zones);
    const here = zones[at.getTimezoneOffset()];
    if (!here) return;
    try {
      if ('zones' in shown.dataset) {
        const others = Object.values(zones).filter(([name]) => name !== here[0]).map(([name, place]) => {
          const hour = at.toLocaleString('en-GB', {timeZone: place, hour: '2-digit', minute: '2-digit'});
          const day = weekday(at, place);
          return (day === weekday(at, here[1]) ? '' : day + ' ') + hour + ' ' + name;
        });
        shown.textContent = '(' + others.join(', ') + ')';
        return;
      }
      const beside = shown.dataset.beside && new Date(shown.dataset.beside);
      const sameDay = beside && beside.toDateString() === at.toDateString();
      const part = options => at.toLocaleString(language, Object.assign({timeZone: here[1]}, options));
      const day = [part({day: 'numeric'}), part({month: 'long'}), part({year: 'numeric'})].join(' ');
      shown.textContent = (sameDay ? '' : weekday(at, here[1]) + ', ' + day + ' ') + clock(at) + ' ' + here[0];
      all('.in-zone a').forEach(link => {
        if (link.textContent === here[0]) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
      });
    } catch (unknownZone) { /* the server's zone stays */ }
  });

  // Half-typed forms: what is no secret is kept until the next page, in case the portal answers that it is closed.
  const keepDraft = form => {
    const typed = all('input, textarea, select', form)
      .filter(field => field.name && /^(text|email|tel|search|textarea|select-one)$/.test(field.type) && field.name !== 'captcha_1')
      .map(field => [field.name, field.value]);
    if (storage) storage.setItem(DRAFT, JSON.stringify({path: location.pathname, typed}));
  };
  const fillDraft = () => {
    if (!storage) return;
    const unsent = storage.getItem(UNSENT), kept = JSON.parse(storage.getItem(DRAFT) || 'null');
    storage.removeItem(UNSENT);
    storage.removeItem(DRAFT);
    if (!unsent || !kept || kept.path !== location.pathname) return;
    kept.typed.forEach(([name, value]) => all('main form [name]')
      .filter(field => field.name === name && !field.value)
      .forEach(field => { field.value = value; }));
  };

  // The page of the closed portal: look now and then, at other moments than everybody else, and go on.
  if (shop) {
    const waiting = shop.querySelector('.waiting');
    const {after, revision, until} = shop.dataset;
    const goOn = () => {
      if (after) location.replace(after);
      else location.reload();
    };
    const look = () => getStatus(shop.dataset.status)
      .then(portal => {
        if (portal.open) waiting.textContent = waiting.dataset.opens;
        if (portal.open || String(portal.revision) !== revision) goOn();  // else what it says still holds
        else lookLater();
      })
      .catch(lookLater);
    const lookLater = () => {
      const left = new Date(until || 0) - Date.now();
      setTimeout(look, left > 0 && left < 40000 ? left + between(1, 10) : between(20, 40));
    };
    if (after && storage) storage.setItem(UNSENT, 'yes');
    waiting.textContent = waiting.dataset.waits;
    localise(shop);
    lookLater();
    return;
  }

  // The page of the status: read anew when something has changed.
  all('[data-live]').forEach(live => {
    localise(document);
    const look = () => {
      setTimeout(look, between(60, 90));
      if (document.hidden) return;
      getStatus(live.dataset.status)
        .then(portal => {
          const same = String(portal.revision) === live.dataset.revision && portal.open === ('open' in live.dataset);
          if (!same) location.reload();
        })
        .catch(() => {});
    };
    setTimeout(look, between(60, 90));
    const seconds = live.dataset.changesIn;
    if (seconds && seconds < 86400) setTimeout(() => location.reload(), seconds * 1000 + between(6, 10));
  });

  if (!region) return;
  let asked = Date.now(), asking, changing, ticking, watching;

  const shut = () => !('mayEnter' in region.dataset) && region.querySelector('[data-shut]');

  // What is urgent stays in sight in one line while the notice itself is not.
  const short = document.body.appendChild(document.createElement('p'));
  short.className = 'short';
  short.hidden = true;
  short.setAttribute('aria-hidden', 'true');
  const keepInSight = () => {
    if (watching) watching.disconnect();
    short.hidden = true;
    const notice = region.querySelector('[data-short]');
    if (!notice || !window.IntersectionObserver) return;
    watching = new IntersectionObserver(([seen]) => { short.hidden = seen.isIntersecting; });
    watching.observe(notice);
    short.textContent = notice.dataset.short;
  };

  // Time left until a closing begins, in hours, minutes and seconds.
  const countDown = () => {
    clearInterval(ticking);
    const timers = all('[data-countdown]', region);
    const ends = timers.map(timer => Date.now() + timer.dataset.countdown * 1000);
    const tick = () => timers.forEach((timer, place) => {
      const left = Math.max(0, Math.round((ends[place] - Date.now()) / 1000));
      const parts = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
      timer.textContent = parts.map((part, place) => place ? ('0' + part).slice(-2) : part).join(':');
      timer.parentNode.hidden = false;
      const notice = timer.closest('[data-short]');
      if (notice) short.textContent = notice.dataset.short + ' ' + timer.textContent;
    });
    if (!timers.length) return;
    tick();
    ticking = setInterval(tick, 1000);
  };

  const askLater = () => {
    clearTimeout(asking);
    asking = setTimeout(() => {
      askLater();
      if (!document.hidden) look();
    }, shut() ? between(20, 40) : between(60, 90));
  };
  const arrange = () => {
    localise(document);
    keepInSight();
    countDown();
    askLater();
    clearTimeout(changing);
    const inside = region.querySelector('[data-inside]');
    const seconds = inside && inside.dataset.changesIn;
    if (seconds && seconds < 86400) changing = setTimeout(renew, seconds * 1000 + between(0.5, 3));
  };
  const say = sentence => {
    const notice = region.appendChild(document.createElement('section'));
    notice.className = 'banner opened';
    notice.dataset.short = sentence.split('. ')[0] + '.';
    const column = notice.appendChild(document.createElement('div'));
    column.className = 'wide';
    column.appendChild(document.createElement('p')).textContent = sentence;
  };
  const renew = () => fetch(region.dataset.notices, {credentials: 'same-origin'})
    .then(response => response.ok ? response.text() : Promise.reject())
    .then(fresh => {
      const wasShut = shut();
      region.innerHTML = fresh;
      if (wasShut && !shut()) say(region.dataset.opened);
      arrange();
    })
    .catch(() => {});
  const look = () => {
    asked = Date.now();
    getStatus(region.dataset.status)
      .then(portal => {
        const news = String(portal.revision) !== region.dataset.revision || portal.open === Boolean(region.querySelector('[data-shut]'));
        region.dataset.revision = portal.revision;
        if (news) return renew();
      })
      .catch(() => {});
  };
  // While the portal is shut a form is not sent: the answer would replace what was typed.
  document.addEventListener('submit', event => {
    const form = event.target;
    if (form.method !== 'post' || !form.closest('main')) return;
    const notice = shut();
    if (!notice) return keepDraft(form);
    event.preventDefault();
    event.stopImmediatePropagation();
    all('.unsent', notice).forEach(said => { said.hidden = false; });
    notice.focus();
  }, true);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && Date.now() - asked > 60000) setTimeout(look, between(0, 3));
  });

  fillDraft();
  arrange();
})();
