'use strict';
// Reads the page again when the memory was written to, unless its reader has
// marked a text or is at a link or a field in it.
(() => {
  const every = 2000; // ms
  const status = document.getElementById('status');

  const inUse = () => {
    const main = document.querySelector('main');
    return !getSelection().isCollapsed || main.contains(document.activeElement);
  };

  const get = async (url) => {
    const answer = await fetch(url);
    if (answer.status >= 500) throw new Error(await answer.text());
    return answer.text();
  };

  const look = async () => {
    try {
      if (!document.hidden) {
        const generation = await get('/generation');
        status.textContent = '';
        if (generation !== document.body.dataset.generation && !inUse()) {
          const page = new DOMParser().parseFromString(await get(location.href), 'text/html');
          if (!inUse()) {
            document.querySelector('main').replaceWith(page.querySelector('main'));
            document.body.dataset.generation = page.body.dataset.generation;
          }
        }
      }
    } catch {
      status.textContent = 'The server does not answer; this page is as of before.';
    }
    setTimeout(look, every);
  };
  setTimeout(look, every);
})();
