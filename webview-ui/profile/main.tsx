import '../shared/texts.js';
import { render } from 'preact';
import { App } from './app.js';
import './profile.css';
import { store } from './store.js';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no #root.');
render(<App />, root);
void store.start();
