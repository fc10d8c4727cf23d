"""The roads as people call them, Chinese and English; the words of a connection are their keys."""

ROADS = {
    "sftp": ("SFTP", "SFTP"),
    "folder": ("共享目录", "folder"),
    "line_tcp": ("专线 TCP", "TCP line"),
    "line_http": ("专线 HTTPS", "HTTPS line"),
    "media": ("光盘等介质", "media"),
    "dropbox": ("投递箱", "drop-box"),
}
