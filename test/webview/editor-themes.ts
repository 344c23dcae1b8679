/** What the editor gives its pages: kind of theme, and the colours of its default themes that the pages read. */
export interface EditorTheme {
  bodyClass: string;
  colours: Record<string, string>;
}

const font = { 'font-family': 'system-ui, "Noto Sans", "DejaVu Sans", sans-serif', 'font-size': '13px', 'font-weight': 'normal', 'editor-font-family': '"DejaVu Sans Mono", monospace', 'editor-font-size': '14px' };

export const editorThemes = {
  light: {
    bodyClass: 'vscode-light',
    colours: {
      foreground: '#3b3b3b', descriptionForeground: '#3b3b3b', 'editor-background': '#ffffff', 'editor-foreground': '#3b3b3b', 'panel-border': '#e5e5e5', 'sideBar-background': '#f8f8f8',
      'charts-blue': '#1a85ff', 'charts-lines': 'rgba(59, 59, 59, 0.5)', 'charts-yellow': '#bf8803', 'testing-iconPassed': '#73c991', 'testing-iconFailed': '#f14c4c', 'textLink-foreground': '#005fb8', focusBorder: '#005fb8',
      'button-background': '#005fb8', 'button-foreground': '#ffffff', 'button-border': 'rgba(0, 0, 0, 0.1)', 'button-hoverBackground': '#0258a8', 'button-secondaryBackground': '#e5e5e5', 'button-secondaryForeground': '#3b3b3b', 'button-secondaryHoverBackground': '#cccccc',
      'dropdown-background': '#ffffff', 'dropdown-border': '#cecece', 'dropdown-foreground': '#3b3b3b', 'settings-textInputBackground': '#ffffff', 'settings-textInputBorder': '#cecece', 'settings-textInputForeground': '#3b3b3b', 'input-placeholderForeground': '#767676', 'panelTitle-activeBorder': '#005fb8',
    },
  },
  dark: {
    bodyClass: 'vscode-dark',
    colours: {
      foreground: '#cccccc', descriptionForeground: '#9d9d9d', 'editor-background': '#1f1f1f', 'editor-foreground': '#cccccc', 'panel-border': '#2b2b2b', 'sideBar-background': '#181818',
      'charts-blue': '#3794ff', 'charts-lines': 'rgba(204, 204, 204, 0.5)', 'charts-yellow': '#cca700', 'testing-iconPassed': '#73c991', 'testing-iconFailed': '#f14c4c', 'textLink-foreground': '#4daafc', focusBorder: '#0078d4',
      'button-background': '#0078d4', 'button-foreground': '#ffffff', 'button-border': 'rgba(255, 255, 255, 0.1)', 'button-hoverBackground': '#026ec1', 'button-secondaryBackground': '#313131', 'button-secondaryForeground': '#cccccc', 'button-secondaryHoverBackground': '#3c3c3c',
      'dropdown-background': '#313131', 'dropdown-border': '#3c3c3c', 'dropdown-foreground': '#cccccc', 'settings-textInputBackground': '#313131', 'settings-textInputBorder': '#3c3c3c', 'settings-textInputForeground': '#cccccc', 'input-placeholderForeground': '#989898', 'panelTitle-activeBorder': '#0078d4',
    },
  },
  'high-contrast': {
    bodyClass: 'vscode-high-contrast',
    colours: {
      foreground: '#ffffff', descriptionForeground: 'rgba(255, 255, 255, 0.7)', 'editor-background': '#000000', 'editor-foreground': '#ffffff', 'panel-border': '#6fc3df', 'sideBar-background': '#000000', contrastBorder: '#6fc3df', contrastActiveBorder: '#f38518',
      'charts-blue': '#3794ff', 'charts-lines': 'rgba(255, 255, 255, 0.5)', 'charts-yellow': '#ffd370', 'testing-iconPassed': '#73c991', 'testing-iconFailed': '#f14c4c', 'textLink-foreground': '#21a6ff', focusBorder: '#f38518',
      'button-background': '#000000', 'button-foreground': '#ffffff', 'button-border': '#6fc3df', 'button-secondaryForeground': '#ffffff', 'button-secondaryBackground': '#000000', 'button-secondaryHoverBackground': '#000000',
      'dropdown-background': '#000000', 'dropdown-border': '#6fc3df', 'dropdown-foreground': '#ffffff', 'settings-textInputBackground': '#000000', 'settings-textInputBorder': '#6fc3df', 'settings-textInputForeground': '#ffffff', 'input-placeholderForeground': 'rgba(255, 255, 255, 0.7)', 'panelTitle-activeBorder': '#6fc3df',
    },
  },
  'high-contrast-light': {
    bodyClass: 'vscode-high-contrast-light vscode-high-contrast',
    colours: {
      foreground: '#292929', descriptionForeground: 'rgba(41, 41, 41, 0.7)', 'editor-background': '#ffffff', 'editor-foreground': '#292929', 'panel-border': '#0f4a85', 'sideBar-background': '#ffffff', contrastBorder: '#0f4a85', contrastActiveBorder: '#006bbd',
      'charts-blue': '#1a85ff', 'charts-lines': 'rgba(41, 41, 41, 0.5)', 'charts-yellow': '#895503', 'testing-iconPassed': '#007100', 'testing-iconFailed': '#b5200d', 'textLink-foreground': '#0f4a85', focusBorder: '#006bbd',
      'button-background': '#0f4a85', 'button-foreground': '#ffffff', 'button-border': '#0f4a85', 'button-hoverBackground': '#0f4a85', 'button-secondaryBackground': '#ffffff', 'button-secondaryForeground': '#292929', 'button-secondaryHoverBackground': '#ffffff',
      'dropdown-background': '#ffffff', 'dropdown-border': '#0f4a85', 'dropdown-foreground': '#292929', 'settings-textInputBackground': '#ffffff', 'settings-textInputBorder': '#0f4a85', 'settings-textInputForeground': '#292929', 'input-placeholderForeground': 'rgba(41, 41, 41, 0.7)', 'panelTitle-activeBorder': '#b5200d',
    },
  },
} satisfies Record<string, EditorTheme>;

export type EditorThemeName = keyof typeof editorThemes;

/** As the editor puts them on its pages: variables on the root, and its own first rules in a layer below all others. */
export function stylesheetOf({ colours }: EditorTheme): string {
  const variables = Object.entries({ ...font, ...colours }).map(([name, value]) => `--vscode-${name}: ${value};`);
  return `:root { ${variables.join(' ')} }
@layer vscode-default { body { background-color: transparent; color: var(--vscode-editor-foreground); font-family: var(--vscode-font-family); font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; } }`;
}
