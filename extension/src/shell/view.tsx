import { ReactWidget } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import * as React from 'react';

import { Resource } from '../resource';
import type { IOctavo, IViewSpec, ViewArgs } from '../tokens';
import { Boundary } from '../ui/Boundary';
import { PageNote } from '../ui/states';

/** The id of the tab that shows this; the same view opens once only. */
export function viewId(kind: string, args: ViewArgs): string {
  const parts = Object.keys(args)
    .sort()
    .map(name => `${name}=${args[name]}`);
  return `octavo-${kind}-${parts.join('-')}`.replace(/[^\w=.-]/g, '_');
}

/** A main-area view: a model and the component that shows it. */
export class View extends ReactWidget {
  private constructor(
    readonly kind: string,
    readonly args: ViewArgs,
    private readonly _model: IDisposable,
    private readonly _draw: () => React.JSX.Element
  ) {
    super();
    this.id = viewId(kind, args);
    this.title.closable = true;
    this.addClass('jp-octavo-View');
  }

  /** Make the view that `spec` describes, about `args`. */
  static of<M extends IDisposable>(octavo: IOctavo, spec: IViewSpec<M>, args: ViewArgs): View {
    const model = spec.model(args);
    const view = new View(spec.kind, args, model, () => <spec.body model={model} octavo={octavo} />);
    for (const value of Object.values(model)) {
      if (value instanceof Resource) {
        value.shown = () => view.isVisible;
      }
    }
    view.title.label = spec.title(args);
    view.title.caption = spec.title(args);
    view.title.icon = spec.icon;
    return view;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._model.dispose();
      super.dispose();
    }
  }

  protected override render(): React.JSX.Element {
    return (
      <Boundary>
        <PageNote.Provider value={null}>{this._draw()}</PageNote.Provider>
      </Boundary>
    );
  }
}
