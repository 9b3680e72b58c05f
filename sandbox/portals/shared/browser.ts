/**
 * The script of both portals. `data-live` names where a part of the page is read from again and again; what changed is
 * put in its place, and `data-news` of it is read out.
 */
export const LIVE = `
async function refresh(part) {
  const response = await fetch(part.dataset.live, { headers: { accept: 'text/html' } }).catch(() => undefined);
  if (!response?.ok) return;
  const now = document.createElement('template');
  now.innerHTML = await response.text();
  if (now.innerHTML.trim() === part.innerHTML.trim()) return;
  part.replaceChildren(now.content);
  document.getElementById('news').textContent = part.firstElementChild?.dataset.news ?? '';
}
const liveParts = [...document.querySelectorAll('[data-live]')];
for (const part of liveParts) setInterval(() => refresh(part), 1000);
`;
