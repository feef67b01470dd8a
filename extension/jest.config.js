const jestJupyterLab = require('@jupyterlab/testutils/lib/jest-config');

const config = jestJupyterLab(__dirname);

// Packages that ship ECMAScript modules alone.
const modules = ['@codemirror', '@jupyter', '@jupyterlab', '@lezer', '@marijn', '@microsoft', '@rjsf', 'color', 'exenv-es6', 'lib0', 'marked', 'nanoid', 'vscode-ws-jsonrpc', 'y-protocols', 'y-websocket', 'yjs'];

const swc = syntax => [
  '@swc/jest',
  { jsc: { parser: syntax, target: 'es2022', transform: { react: { runtime: 'classic' } } }, module: { type: 'commonjs' } }
];

module.exports = {
  ...config,
  modulePathIgnorePatterns: ['<rootDir>/octavo_lab', '<rootDir>/lib'],
  reporters: ['default'],
  setupFiles: [...config.setupFiles, '<rootDir>/src/testing/environment.ts'],
  testRegex: 'src/.*/__tests__/.*\\.spec\\.tsx?$',
  transform: {
    '\\.svg$': '@jupyterlab/testing/lib/jest-raw-loader.js',
    '^.+\\.tsx?$': swc({ syntax: 'typescript', tsx: true }),
    '^.+\\.m?jsx?$': swc({ syntax: 'ecmascript', jsx: true })
  },
  transformIgnorePatterns: [`/node_modules/(?!(${modules.join('|')})/)`]
};
