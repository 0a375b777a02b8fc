import globals from 'globals'
import pluginVue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

/** What a folder may not import: the direction is app -> features -> shared, features do not know each other. */
const boundary = (files, group, message) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] },
})

export default ts.config(
  { ignores: ['node_modules/**', 'src/shared/api/schema.ts'] },
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...pluginVue.configs['flat/recommended'],
  {
    files: ['**/*.{ts,vue,js}'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: ts.parser } },
    rules: {
      'max-lines': ['error', { max: 250 }],
      complexity: ['error', 12],
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      'vue/multi-word-component-names': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': ['error', { html: { void: 'always' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
      'vue/no-v-html': 'error',
    },
  },
  boundary(['src/shared/**'], ['@/features/**', '@/app/**'], 'shared knows neither features nor app'),
  boundary(
    ['src/features/**'],
    ['@/features/**', '@/app/**', '../*'],
    'a feature knows shared (@/shared/...) and its own folder (./...) only',
  ),
)
