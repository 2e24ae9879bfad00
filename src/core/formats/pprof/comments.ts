import type { ProfileBuilder } from '../../model/builder.js';
import { COUNTED_COMMENT, WARNING_COMMENT } from './labels.js';
import { parseQuality } from './quality.js';

/** Comments, of which some are what Heatline wrote there. */
export function readComments(comments: readonly string[], builder: ProfileBuilder): void {
  for (const comment of comments) {
    const quality = parseQuality(comment);
    if (quality !== undefined) builder.quality(quality);
    else if (comment.startsWith(WARNING_COMMENT)) builder.warn(comment.slice(WARNING_COMMENT.length));
    else if (!comment.startsWith(COUNTED_COMMENT)) builder.comment(comment);
  }
}
