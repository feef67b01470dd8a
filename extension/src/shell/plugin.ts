import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import { octavoIcon } from '../icon';
import { Requests } from '../request';
import type { ISection, IViewSpec, ViewArgs } from '../tokens';
import { IOctavo } from '../tokens';
import { speak, trans } from '../words';
import { Session } from './session';
import { Sidebar, SidebarModel } from './sidebar';
import { View, viewId } from './view';

const PLUGIN = 'octavo-lab:plugin';
const OPEN = 'octavo-lab:open';
const SHOW = 'octavo-lab:show-panels';

/** The command that opens any view: what a link in a notebook or a restored layout runs. */
export const CommandIDs = { open: OPEN, show: SHOW } as const;

/** Keeps the kinds of views and opens them as tabs of the main area. */
class Shell implements IOctavo {
  constructor(
    private readonly _app: JupyterFrontEnd,
    readonly session: Session,
    private readonly _sidebar: SidebarModel
  ) {}

  readonly tracker = new WidgetTracker<MainAreaWidget<View>>({ namespace: 'octavo-lab' });

  get requests(): Requests {
    return this.session.requests;
  }

  addView<M extends IDisposable>(spec: IViewSpec<M>): void {
    this._views.set(spec.kind, args => View.of(this, spec, args));
  }

  addSection(section: ISection): void {
    this._sidebar.add(section);
  }

  open(kind: string, args: ViewArgs): void {
    const id = `${viewId(kind, args)}-tab`;
    const there = this.tracker.find(widget => widget.id === id);
    const create = this._views.get(kind);
    if (there) {
      this._app.shell.activateById(id);
    } else if (create) {
      const content = create(args);
      const widget = new MainAreaWidget<View>({ content });
      widget.id = id;
      widget.toolbar.hide();
      this._app.shell.add(widget, 'main');
      this._app.shell.activateById(id);
      void this.tracker.add(widget);
    }
  }

  private readonly _views = new Map<string, (args: ViewArgs) => View>();
}

function addCommands(app: JupyterFrontEnd, octavo: IOctavo, sidebar: Sidebar): void {
  app.commands.addCommand(OPEN, {
    label: args => (typeof args['title'] === 'string' ? args['title'] : trans.__('Open in Octavo')),
    describedBy: {
      args: {
        type: 'object',
        properties: { view: { type: 'string' }, args: { type: 'object', additionalProperties: { type: 'string' } } }
      }
    },
    execute: args => {
      const about = Object.entries((args['args'] ?? {}) as Record<string, unknown>).map(([name, value]) => [name, String(value)]);
      octavo.open(String(args['view']), Object.fromEntries(about) as ViewArgs);
    }
  });
  app.commands.addCommand(SHOW, {
    label: trans.__('Show Octavo Panels'),
    caption: trans.__('Features, experiments, models, pipelines and deployments of your project'),
    icon: octavoIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => app.shell.activateById(sidebar.id)
  });
}

async function watchSettings(registry: ISettingRegistry, session: Session): Promise<void> {
  const settings = await registry.load(PLUGIN);
  const read = (): void => {
    session.settings = {
      refreshSeconds: Number(settings.composite['refreshSeconds'] ?? session.settings.refreshSeconds),
      project: String(settings.composite['project'] ?? '')
    };
  };
  read();
  settings.changed.connect(read);
}

/** Session, sidebar, views, and the commands that open them. */
export const shellPlugin: JupyterFrontEndPlugin<IOctavo> = {
  id: PLUGIN,
  description: "Octavo's sidebar, session and main-area views.",
  autoStart: true,
  provides: IOctavo,
  optional: [ICommandPalette, ILauncher, ILayoutRestorer, ISettingRegistry, IStateDB, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    registry: ISettingRegistry | null,
    state: IStateDB | null,
    translator: ITranslator | null
  ): IOctavo => {
    speak(translator ?? nullTranslator);
    const session = new Session(new Requests(app.serviceManager.serverSettings));
    const model = new SidebarModel(state);
    const shell = new Shell(app, session, model);
    const sidebar = new Sidebar(session, model, () => shell.open('cost', { project: session.project }));
    app.shell.add(sidebar, 'left', { rank: 150 });
    addCommands(app, shell, sidebar);
    palette?.addItem({ command: SHOW, category: trans.__('Octavo') });
    launcher?.add({ command: SHOW, category: trans.__('Octavo'), rank: 0 });
    if (restorer) {
      restorer.add(sidebar, sidebar.id);
      void restorer.restore(shell.tracker, {
        command: OPEN,
        args: widget => ({ view: widget.content.kind, args: widget.content.args }),
        name: widget => widget.id
      });
    }
    void app.started
      .then(() => Promise.all([model.restore(), registry ? watchSettings(registry, session) : undefined]))
      .then(() => session.start());
    return shell;
  }
};
