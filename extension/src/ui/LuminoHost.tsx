import { Widget } from '@lumino/widgets';
import * as React from 'react';

/** Props of a host. */
export interface ILuminoHostProps {
  className: string;
  label: string;
  /** Makes the widget; another function makes another widget, so memoise it. */
  create: () => Widget;
}

/** A place for one of JupyterLab's own widgets among React's; the widget is disposed with its place. */
export function LuminoHost(props: ILuminoHostProps): React.JSX.Element {
  const host = React.useRef<HTMLDivElement>(null);
  const { create } = props;
  // A layout effect ends before its node leaves the page, as Lumino wants it; a plain effect ends after.
  React.useLayoutEffect(() => {
    if (!host.current) {
      return;
    }
    const widget = create();
    Widget.attach(widget, host.current);
    return () => {
      Widget.detach(widget);
      // A notebook still draws its cells when idle, each with a frame to come: those must find it alive.
      window.requestAnimationFrame(() => window.requestAnimationFrame(() => widget.dispose()));
    };
  }, [create]);
  return <div ref={host} className={props.className} role="region" aria-label={props.label} />;
}
