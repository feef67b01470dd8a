import jupyter from '@jupyter/eslint-plugin';
import hooks from 'eslint-plugin-react-hooks';
import typescript from 'typescript-eslint';

const everyJupyterRule = Object.fromEntries(Object.keys(jupyter.rules).map(rule => [`jupyter/${rule}`, 'error']));

export default [
  { ignores: ['lib/', 'node_modules/', 'octavo_lab/', 'coverage/', 'src/api/schema.ts', '*.js', '*.mjs', 'style/index.js'] },
  ...typescript.configs.recommended,
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { jupyter, 'react-hooks': hooks },
    rules: {
      ...everyJupyterRule,
      // The whole bundle has less than 200 KB and the sidebar shows every area at once.
      'jupyter/prefer-lazy-imports': ['error', { ignoreImports: ['./*', '../*'] }],
      ...hooks.configs.recommended.rules,
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 500 }],
      eqeqeq: 'error',
      'no-console': 'error'
    }
  },
  { files: ['src/**/components/*.tsx', 'src/ui/*.tsx'], rules: { 'max-lines': ['error', { max: 200 }] } },
  { files: ['src/request.ts'], rules: { '@typescript-eslint/no-explicit-any': 'off' } },
  {
    // A test shows its words to nobody, and its page is thrown away with all that it made.
    files: ['src/**/__tests__/**', 'src/testing/**'],
    rules: { 'jupyter/no-untranslated-string': 'off', 'jupyter/require-disposable-ownership': 'off' }
  }
];
