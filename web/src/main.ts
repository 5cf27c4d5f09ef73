import './ui/tokens.css';
import './ui/ui.css';
import './ui/card.css';
import './ui/rows.css';
import './ui/statistics.css';
import './ui/states.css';
import './ui/narrow.css';
import './ui/own.css';
import './ui/gamepads.css';
import { connect } from './client.ts';
import { Page } from './ui/page.ts';

const player = /^#player([2-4])$/.exec(location.hash)?.[1];
const root = document.getElementById('root');
if (!root) throw new Error('the page has no element #root');

let page: Page | undefined;
const client = connect({
  container: root,
  role: player !== undefined || location.hash === '#shared' ? 'viewer' : 'controller',
  player: player === undefined ? undefined : Number(player),
  onShortcut: (name) => page?.shortcut(name),
  onPress: (press) => page?.pressed(press) ?? false,
});
page = new Page(root, client);
// The part after `#` decides the role, and changing it alone would load nothing.
window.addEventListener('hashchange', () => location.reload());
