import { InputDialog } from '@jupyterlab/apputils';

import type { RunView } from '../api/experiments';
import type { IMenuItem } from '../ui/menu';
import { trans } from '../words';
import type { RunsModel } from './runsModel';
import type { SavedViews } from './savedViews';
import { differs } from './savedViews';
import { failed, removed } from './told';

/** The saved views of the project, and what can be done with the one that is shown. */
export function viewsMenu(model: RunsModel, saved: SavedViews, refused?: string): (IMenuItem | null)[] {
  const views = saved.list.state.value?.items ?? [];
  const shown = views.find(view => view.view_id === model.view?.view_id);
  return [
    ...views.map(view => ({ label: view.name, caption: trans.__('by %1: %2', view.created_by, view.filter || trans.__('all runs')), checked: view === shown, onClick: () => model.apply(view) })),
    ...(views.length > 0 ? [null] : []),
    { label: trans.__('Save as new view…'), refused, onClick: () => void add(model, saved).catch(failed) },
    ...(shown
      ? [
          {
            label: trans.__('Save changes to %1', shown.name),
            refused: refused ?? (differs(shown, model.described(shown.name)) ? undefined : trans.__('Nothing has changed.')),
            onClick: () => void change(model, saved, shown).catch(failed)
          },
          { label: trans.__('Delete %1', shown.name), refused, onClick: () => void remove(model, saved, shown).catch(failed) }
        ]
      : [])
  ];
}

async function add(model: RunsModel, saved: SavedViews): Promise<void> {
  const asked = await InputDialog.getText({ title: trans.__('Save this view for the project'), label: trans.__('Name'), okLabel: trans.__('Save') });
  const name = asked.value?.trim();
  if (asked.button.accept && name) {
    model.named(await saved.add(model.described(name)));
  }
}

async function change(model: RunsModel, saved: SavedViews, view: RunView): Promise<void> {
  model.named(await saved.change(view, model.described(view.name)));
}

async function remove(model: RunsModel, saved: SavedViews, view: RunView): Promise<void> {
  const again = await saved.remove(view);
  model.named(null);
  removed(trans.__('The view %1 is deleted for everybody.', view.name), () => void saved.add(again).then(one => model.named(one)).catch(failed));
}
