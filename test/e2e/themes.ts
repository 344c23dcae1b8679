/** The editor's own themes, one of each kind: name of the setting, short name, and the file they are in. */
export const themes = {
  'Light Modern': { slug: 'light', file: 'light_modern' },
  'Dark Modern': { slug: 'dark', file: 'dark_modern' },
  'Default High Contrast Light': { slug: 'hc-light', file: 'hc_light' },
  'Default High Contrast': { slug: 'hc-dark', file: 'hc_black' },
};

export type Theme = keyof typeof themes;
