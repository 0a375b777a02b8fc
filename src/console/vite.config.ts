import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { VitePWA } from 'vite-plugin-pwa'
import { defineConfig } from 'vitest/config'

const web = process.env.YITONG_WEB_URL ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [
    vue(),
    // Keeps the page itself for workers' phones. Nothing below /api is ever kept here: what belongs
    // to a person is in a store of their own that goes when they sign out.
    VitePWA({
      injectRegister: false,
      registerType: 'prompt',
      manifest: {
        name: '伊通县基层治理 · 我的任务',
        short_name: '我的任务',
        description: "Workers' tasks of the Yitong command centre",
        lang: 'zh-CN',
        start_url: '/tasks',
        scope: '/',
        display: 'standalone',
        background_color: '#f4f7fb',
        theme_color: '#12365c',
        icons: [
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{js,css,html,svg,png}'],
        globIgnores: ['**/CountyMap*', '**/maplibre*', '**/echarts*', '**/*Kpis*', '**/*Wall*'],
        navigateFallback: '/index.html',
        navigateFallbackDenylist: [/^\/api/, /^\/health/, /^\/metrics/],
        clientsClaim: true,
        cleanupOutdatedCaches: true,
      },
    }),
  ],
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
