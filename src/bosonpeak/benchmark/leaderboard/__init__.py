"""The leaderboard: scorecards of several codes side by side, each cell with its evidence."""
