import type { LabIcon } from '@jupyterlab/ui-components';
import { MenuSvg } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';

/** One entry of a menu that is made for the moment; null draws a line between entries. */
export interface IMenuItem {
  readonly label: string;
  readonly icon?: LabIcon;
  readonly caption?: string;
  /** A tick before the label. */
  readonly checked?: boolean;
  /** Why it can't be chosen; it is shown as the tooltip. */
  readonly refused?: string | undefined;
  readonly onClick: () => void;
}

/** Open JupyterLab's menu at a place of the page; it is gone once an entry is chosen. */
export function openMenu(items: readonly (IMenuItem | null)[], at: { x: number; y: number }): void {
  const commands = new CommandRegistry();
  const menu = new MenuSvg({ commands });
  items.forEach((item, index) => {
    if (item === null) {
      menu.addItem({ type: 'separator' });
      return;
    }
    const command = `octavo-menu:${index}`;
    commands.addCommand(command, {
      label: item.label,
      caption: item.refused ?? item.caption ?? '',
      isEnabled: () => !item.refused,
      ...(item.icon ? { icon: item.icon } : {}),
      ...(item.checked === undefined ? {} : { isToggleable: true, isToggled: () => item.checked ?? false }),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: item.onClick
    });
    menu.addItem({ command });
  });
  menu.aboutToClose.connect(() => window.setTimeout(() => menu.dispose()));
  menu.open(at.x, at.y);
}

/** The place under an element, where its menu opens. */
export function below(element: Element): { x: number; y: number } {
  const box = element.getBoundingClientRect();
  return { x: box.left, y: box.bottom };
}
