/** All that is needed to run programs and to keep what they gave, as a bundle of its own (dist/launching.js): loaded when first needed. */
import './texts.js';

export { attach } from './attach/attach.js';
export { pickProcess } from './attach/picker.js';
export { showStacks, showVariables } from './attach/stacks.js';
export { compareWith, pinRuns, showComparison } from './compareCommands.js';
export { exportProfile, savePicture } from './exporting.js';
export { fetchPprof } from './fetch/fetchPprof.js';
export { installTool } from './installTool.js';
export { takeUpInterrupted } from './interrupted.js';
export { compareMoment, markMoment } from './moments.js';
export { openCell } from './notebooks/openCell.js';
export { profileCell, profileNotebook } from './notebooks/profileCells.js';
export { profileLaunchConfig } from './pickConfiguration.js';
export { profileFile, profileFunction } from './profileFile.js';
export { profileCommand, profileModule } from './profileLaunch.js';
export { profileSelection } from './profileSelection.js';
export { profileTest } from './profileTest.js';
export { exportRecording, openRecording, removeRecording, renameRecording, revealRecording } from './recordingCommands.js';
export { rerun } from './rerun.js';
export { selectTest } from './selectTest.js';
export { changeArguments, runnableFile } from './target.js';
export { timeSelection } from './timeSelection.js';
