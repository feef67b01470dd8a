import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { nullTranslator } from '@jupyterlab/translation';

/** The words of the panels, in the language that JupyterLab was set to when the page was loaded. */
export let trans: TranslationBundle = nullTranslator.load('octavo');

/** Load Octavo's catalogue in JupyterLab's language. */
export function speak(translator: ITranslator): void {
  trans = translator.load('octavo');
}
