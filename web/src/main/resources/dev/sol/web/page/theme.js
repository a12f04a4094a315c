// Light, dark, or as the system has it. Not a module, so that it runs before anything is painted.
(() => {
  const NEXT = { system: 'light', light: 'dark', dark: 'system' };
  const root = document.documentElement;
  let theme = 'system';
  try {
    theme = NEXT[localStorage.getItem('sol-theme')] ? localStorage.getItem('sol-theme') : 'system';
  } catch {
    // storage is switched off: then the choice lasts as long as the page
  }

  function apply() {
    root.dataset.theme = theme;
    const button = document.getElementById('theme');
    if (button) button.textContent = `Theme: ${theme}`;
  }

  apply();
  document.addEventListener('DOMContentLoaded', () => {
    apply();
    document.getElementById('theme').addEventListener('click', () => {
      theme = NEXT[theme];
      apply();
      try {
        localStorage.setItem('sol-theme', theme);
      } catch {
        // as above
      }
    });
  });
})();
