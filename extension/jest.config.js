const jestJupyterLab = require('@jupyterlab/testutils/lib/jest-config');

const config = jestJupyterLab(__dirname);

module.exports = {
  ...config,
  reporters: ['default'],
  testRegex: 'src/.*/__tests__/.*\\.spec\\.tsx?$',
  testEnvironment: 'jsdom',
  transform: {
    ...config.transform,
    '^.+\\.tsx?$': ['ts-jest', { tsconfig: './tsconfig.test.json', isolatedModules: true }]
  }
};
