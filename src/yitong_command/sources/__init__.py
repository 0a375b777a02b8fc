"""Where pictures come from: RTSP, files, ball cameras."""
