// Shows the tasks whose id, type, description or columns hold what is typed.
const box = document.getElementById('search');
const rows = [...document.querySelectorAll('tr[data-words]')];
function find() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) row.hidden = !words.every((word) => row.dataset.words.includes(word));
  document.getElementById('none').hidden = rows.some((row) => !row.hidden);
}
box.addEventListener('input', find);
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== box) { event.preventDefault(); box.focus(); }
});
find();
