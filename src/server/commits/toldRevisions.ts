/** Revisions that a profile's comments name. */
export interface ToldRevisions {
  /** Commits, as they are told: 7 to 64 hexadecimal digits. */
  readonly commits: readonly string[];
  /** Versions: each may be a tag, or a commit, of the repository, or neither. */
  readonly versions: readonly string[];
}

/** Ours and Datadog's, OpenTelemetry's and Pyroscope's words for it. */
export const COMMIT = /^(?:commit|git\.commit\.sha|git_commit|vcs\.ref\.head\.revision|service_git_ref)=([0-9a-f]{7,64})$/i;
const VERSION = /^(?:version|service\.version|service_version)=(.+)$/;
/** More of them are not looked at: a profile merged over many deployments. */
const MOST = 20;

/** What the comments of a profile, `commit=1a2b3c4…` and `version=2.7`, tell of the code that ran; each once, in their order. */
export function toldRevisions(comments: readonly string[]): ToldRevisions {
  const commits = new Set<string>();
  const versions = new Set<string>();
  for (const comment of comments) {
    const commit = COMMIT.exec(comment)?.[1];
    if (commit !== undefined && commits.size < MOST) commits.add(commit.toLowerCase());
    const version = VERSION.exec(comment)?.[1];
    if (version !== undefined && versions.size < MOST) versions.add(version);
  }
  return { commits: [...commits], versions: [...versions] };
}
