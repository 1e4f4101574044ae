/** Light, dark, or as the system has it; remembered here only. */

const KEY = 'kakashi-theme';

/** Follows the switch; calls `changed` when the colours have changed. */
export function followTheme(changed: () => void): void {
  const inputs = [...document.querySelectorAll<HTMLInputElement>('#theme input')];
  const apply = (theme: string) => {
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    changed();
  };
  const remembered = read();
  for (const input of inputs) {
    input.checked = input.value === remembered;
    input.addEventListener('change', () => {
      write(input.value);
      apply(input.value);
    });
  }
  apply(remembered);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}

// Storage may be forbidden: then nothing is remembered.
function read(): string {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'light' || theme === 'dark' ? theme : 'system';
  } catch {
    return 'system';
  }
}

function write(theme: string): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // As above.
  }
}
