import * as React from 'react';

const WIDTH = 480;

/** How wide an element is, and whether it has ever been in sight (or nearly so). */
export function useSeen(box: React.RefObject<HTMLElement | null>): { width: number; seen: boolean } {
  const [width, setWidth] = React.useState(WIDTH);
  const [seen, setSeen] = React.useState(typeof IntersectionObserver === 'undefined');
  React.useEffect(() => {
    const node = box.current;
    if (!node || typeof ResizeObserver === 'undefined') {
      return;
    }
    const sizes = new ResizeObserver(entries => {
      const wide = Math.round(entries[0]?.contentRect.width ?? 0);
      if (wide > 0) {
        setWidth(wide);
      }
    });
    sizes.observe(node);
    return () => sizes.disconnect();
  }, [box]);
  React.useEffect(() => {
    const node = box.current;
    if (!node || seen || typeof IntersectionObserver === 'undefined') {
      return;
    }
    const sight = new IntersectionObserver(entries => setSeen(entries.some(entry => entry.isIntersecting)), { rootMargin: '200px' });
    sight.observe(node);
    return () => sight.disconnect();
  }, [box, seen]);
  return { width, seen };
}
