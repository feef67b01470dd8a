import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { nullTranslator } from '@jupyterlab/translation';

let bundle: TranslationBundle = nullTranslator.load('octavo');

/** Load Octavo's catalogue in the language that JupyterLab is set to. */
export function speak(translator: ITranslator): void {
  bundle = translator.load('octavo');
}

/** The words of the panels; each call reads the catalogue that is loaded when it is made. */
export const trans: Pick<TranslationBundle, '__' | '_n'> = {
  __: (text, ...values) => bundle.__(text, ...values),
  _n: (one, many, count, ...values) => bundle._n(one, many, count, ...values)
};
