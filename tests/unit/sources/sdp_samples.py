"""Session descriptions in the style of common makers, written by hand.

Each has: the description, the base address it came with, codec, payload type, SETUP address, and
how many parameter sets it brings.
"""

from __future__ import annotations

from typing import NamedTuple


class Sample(NamedTuple):
    body: str
    base: str
    codec: str
    payload_type: int
    control: str
    parameter_sets: int


_SPS, _PPS = "Z00AHp2oKAv+VA==", "aO48gA=="
_VPS5, _SPS5, _PPS5 = "QAEMAf//AUAAAAMA", "QgEBAUAAAAMAAAMA", "RAHAcvCUNNkg"

SAMPLES = {
    "absolute control, session control, media info in private attributes": Sample(
        f"""v=0
o=- 1700000000000000 1700000000000000 IN IP4 192.0.2.64
s=Media Presentation
e=NONE
b=AS:5050
t=0 0
a=control:rtsp://192.0.2.64/Streaming/Channels/102/
m=video 0 RTP/AVP 96
c=IN IP4 0.0.0.0
b=AS:5000
a=recvonly
a=x-dimensions:704,576
a=control:rtsp://192.0.2.64/Streaming/Channels/102/trackID=1
a=rtpmap:96 H264/90000
a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets={_SPS},{_PPS}
a=Media_header:MEDIAINFO=494D4B48010200000400000100000000
a=appversion:1.0
""",
        "rtsp://192.0.2.64/Streaming/Channels/102/",
        "h264",
        96,
        "rtsp://192.0.2.64/Streaming/Channels/102/trackID=1",
        2,
    ),
    "query in the base, relative control, audio and metadata after": Sample(
        f"""v=0
o=- 2251938210 2251938210 IN IP4 0.0.0.0
s=RTSP Session/2.0
c=IN IP4 0.0.0.0
t=0 0
a=control:*
a=range:npt=now-
a=packetization-supported:DH
m=video 0 RTP/AVP 98
a=control:trackID=0
a=framerate:25.000000
a=rtpmap:98 H265/90000
a=fmtp:98 profile-id=1;sprop-sps={_SPS5};sprop-pps={_PPS5};sprop-vps={_VPS5}
a=recvonly
m=audio 0 RTP/AVP 97
a=control:trackID=1
a=rtpmap:97 MPEG4-GENERIC/16000
m=application 0 RTP/AVP 107
a=control:trackID=4
a=rtpmap:107 vnd.onvif.metadata/90000
""",
        "rtsp://192.0.2.65:554/cam/realmonitor?channel=1&subtype=1/",
        "h265",
        98,
        "rtsp://192.0.2.65:554/cam/realmonitor?channel=1&subtype=1/trackID=0",
        3,
    ),
    "rooted path, blanks everywhere, small letters": Sample(
        f"""v=0
s= Unnamed
i=N/A
a= control : *
m=video  0  RTP/AVP  105
a= rtpmap:105  h264/90000
a= fmtp:105 Profile-Level-Id=4d001f ; Packetization-Mode=1 ; Sprop-Parameter-Sets={_SPS},{_PPS} ;
a= control: /media/video2/video
""",
        "rtsp://192.0.2.66:554/media/video2",
        "h264",
        105,
        "rtsp://192.0.2.66:554/media/video2/video",
        2,
    ),
    "control with a query, crop and transform lines": Sample(
        f"""v=0
o=- 1188340656180883 1 IN IP4 192.0.2.67
s=Session streamed with GStreamer
i=rtsp-server
t=0 0
a=tool:GStreamer
a=type:broadcast
a=range:npt=now-
a=control:rtsp://192.0.2.67/axis-media/media.amp?videocodec=h264
m=video 0 RTP/AVP 96
c=IN IP4 0.0.0.0
b=AS:50000
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;profile-level-id=4d0029;sprop-parameter-sets={_SPS},{_PPS}
a=ts-refclk:local
a=mediaclk:sender
a=control:rtsp://192.0.2.67/axis-media/media.amp/stream=0?videocodec=h264
a=framerate:25.000000
a=transform:0.9,0.0,0.0;0.0,0.9,0.0;0.0,0.0,1.0
""",
        "rtsp://192.0.2.67/axis-media/media.amp/",
        "h264",
        96,
        "rtsp://192.0.2.67/axis-media/media.amp/stream=0?videocodec=h264",
        2,
    ),
    "no control of its own, no parameter sets": Sample(
        """v=0
o=StreamingServer 3331435948 1116907222000 IN IP4 192.0.2.68
s=h264.mp4
c=IN IP4 0.0.0.0
t=0 0
m=video 0 RTP/AVP 96
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1
""",
        "rtsp://192.0.2.68/user=admin_password=_channel=1_stream=1.sdp",
        "h264",
        96,
        "rtsp://192.0.2.68/user=admin_password=_channel=1_stream=1.sdp",
        0,
    ),
    "several formats of one medium, the second is ours": Sample(
        f"""v=0
s=stream
m=audio 0 RTP/AVP 0
a=control:track0
m=video 0 RTP/AVP 26 112
b=AS:1024
a=rtpmap:26 JPEG/90000
a=rtpmap:112 H264/90000
a=fmtp:112 sprop-parameter-sets={_SPS},{_PPS}
a=control:track1
""",
        "rtsp://192.0.2.69/live1s1.sdp/",
        "h264",
        112,
        "rtsp://192.0.2.69/live1s1.sdp/track1",
        2,
    ),
    "two videos, the first of a codec we do not know": Sample(
        """v=0
m=video 0 RTP/AVP 99
a=rtpmap:99 AV1/90000
a=control:track1
m=video 0 RTP/AVP 100
a=rtpmap:100 HEVC/90000
a=control:track2
""",
        "rtsp://192.0.2.70/x",
        "h265",
        100,
        "rtsp://192.0.2.70/x/track2",
        0,
    ),
    "base64 without padding, a name in GBK, an empty set": Sample(
        f"""v=0
s=\udcc9\udce3\udccf\udcf1
m=video 0 RTP/AVP/TCP 96
a=rtpmap:96 H264/90000
a=fmtp:96 sprop-parameter-sets={_SPS.rstrip("=")},{_PPS.rstrip("=")},;packetization-mode=0
a=control:streamid=0
""",
        "rtsp://192.0.2.71:8554/",
        "h264",
        96,
        "rtsp://192.0.2.71:8554/streamid=0",
        2,
    ),
}
