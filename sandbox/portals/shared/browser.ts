/**
 * The script of both portals. `data-live` names where a part of the page is read from again and again; what changed is
 * put in its place, and `data-news` of it is read out.
 */
export const LIVE = `
for (const part of document.querySelectorAll('[data-live]')) {
  let shown;
  setInterval(async () => {
    const response = await fetch(part.dataset.live, { headers: { accept: 'text/html' } }).catch(() => undefined);
    if (!response?.ok) return;
    const now = await response.text();
    if (shown !== undefined && now !== shown) {
      part.innerHTML = now;
      const news = document.getElementById('news');
      if (news) news.textContent = part.firstElementChild?.dataset.news ?? '';
    }
    shown = now;
  }, 1000);
}
`;
