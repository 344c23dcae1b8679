/** The editor's own themes, one of each kind: name in the picker, short name, and the file they are in. */
export const themes = {
  'Light Modern': { slug: 'light', file: 'light_modern' },
  'Dark Modern': { slug: 'dark', file: 'dark_modern' },
  'Light High Contrast': { slug: 'hc-light', file: 'hc_light' },
  'Dark High Contrast': { slug: 'hc-dark', file: 'hc_black' },
};

export type Theme = keyof typeof themes;
