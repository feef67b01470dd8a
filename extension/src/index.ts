import { shellPlugin } from './shell/plugin';

export { IOctavo } from './tokens';

export default [shellPlugin];
