import { RenderMimeRegistry, standardRendererFactories } from '@jupyterlab/rendermime';
import { render } from '@testing-library/react';
import * as React from 'react';

import { until } from '../../testing/server';
import { Markdown } from '../Markdown';

it('draws Markdown without what would run', async () => {
  const rendermime = new RenderMimeRegistry({ initialFactories: standardRendererFactories, markdownParser: { render: async source => `<h1>${source.slice(0, 4)}</h1><script>window.ran = 1</script><img src="x" onerror="window.ran = 1">` } });
  const { container, unmount } = render(<Markdown label="Model card" source="Late flights" rendermime={rendermime} />);
  await until(() => container.querySelector('h1')?.textContent?.startsWith('Late') ?? false);
  expect(container.querySelector('script')).toBeNull();
  expect(container.querySelector('img')?.hasAttribute('onerror')).toBe(false);
  expect('ran' in window).toBe(false);
  unmount();
});
