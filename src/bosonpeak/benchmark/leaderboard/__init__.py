"""Leaderboard: scorecards of several codes side by side, each cell linked to its evidence."""
