import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const web = process.env.YITONG_WEB_URL ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy: { '/api': web, '/health': web } },
  build: {
    outDir: '../yitong_command/web/static',
    emptyOutDir: true,
    target: 'es2022',
    // The map library is one big file by nature; it is loaded only by pages that show a map.
    chunkSizeWarningLimit: 1300,
  },
  define: {
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'] },
})
