"""Ogg Opus files: what goes in comes out, segments join to one stream, players keep time."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discord_sim.voice.sounds import babble, read_ogg_opus
from testkit.opus_files import opinion
from voice import ogg, opus
from voice.ogg import Position, Writer

PACKETS = st.lists(st.binary(min_size=1, max_size=1_000), max_size=120)


class TestWriting:
    @given(PACKETS)
    def test_gives_back_the_packets_that_went_in(self, packets: list[bytes]) -> None:
        writer = Writer(Position(serial=7))
        for packet in packets:
            writer.write(packet)

        assert list(ogg.packets(writer.finish())) == packets

    @given(PACKETS, st.integers(0, 120))
    def test_segments_of_two_writers_are_one_stream(self, packets: list[bytes], at: int) -> None:
        first = Writer(Position(serial=7))
        for packet in packets[:at]:
            first.write(packet)
        segment = first.cut()

        second = Writer(first.position)
        for packet in packets[at:]:
            second.write(packet)
        stream = segment + second.finish()

        assert list(ogg.packets(stream)) == packets
        assert [page.number for page in ogg.pages(stream)] == list(range(len(list(ogg.pages(stream)))))
        assert list(ogg.pages(stream))[-1].granule == sum(opus.samples(packet) for packet in packets)

    def test_is_read_by_somebody_elses_reader(self, tmp_path: Path) -> None:
        packets = babble(300, seed=1)
        writer = Writer(Position(serial=1))
        for packet in packets:
            writer.write(packet)
        path = tmp_path / "track.ogg"
        path.write_bytes(writer.finish())

        assert read_ogg_opus(path) == packets

    def test_fills_silence_up_to_a_moment(self) -> None:
        writer = Writer(Position(serial=1))

        writer.write_silence(48_000)

        assert writer.samples == 48_000
        assert list(ogg.packets(writer.finish())) == [opus.SILENCE] * 50

    def test_fills_silence_to_the_nearest_short_frame_before_the_moment(self) -> None:
        writer = Writer(Position(serial=1))

        writer.write_silence(960 + 2 * 120 + 7)

        assert writer.samples == 960 + 2 * 120
        assert list(ogg.packets(writer.finish())) == [opus.SILENCE, opus.SHORT_SILENCE, opus.SHORT_SILENCE]

    def test_refuses_what_fits_in_no_page(self) -> None:
        with pytest.raises(ValueError, match="no page"):
            Writer(Position(serial=1)).write(bytes(255 * 255))

    def test_is_without_a_fault_to_players(self, tmp_path: Path) -> None:
        writer = Writer(Position(serial=1))
        writer.write_silence(480_000)
        path = tmp_path / "track.ogg"
        path.write_bytes(writer.finish())

        found = opinion(path)

        assert found.faults == []
        assert found.seconds == pytest.approx(9.9935, abs=0.001)


class TestReading:
    def test_knows_the_checksum_of_a_page(self) -> None:
        assert ogg.checksum(b"123456789") == 0x89A1897F

    @given(st.data())
    def test_refuses_a_stream_with_one_wrong_bit(self, data: st.DataObject) -> None:
        writer = Writer(Position(serial=1))
        for packet in babble(5, seed=1):
            writer.write(packet)
        stream = bytearray(writer.finish())
        bit = data.draw(st.integers(0, len(stream) * 8 - 1))
        stream[bit // 8] ^= 1 << bit % 8

        with pytest.raises(ogg.Malformed):
            list(ogg.packets(bytes(stream)))

    @given(st.binary(max_size=200))
    def test_refuses_rubbish(self, rubbish: bytes) -> None:
        if rubbish:
            with pytest.raises(ogg.Malformed):
                list(ogg.packets(rubbish))


class TestOpus:
    @pytest.mark.parametrize(
        ("packet", "samples"),
        [
            (b"", 0),
            (b"\xf8\xff\xfe", 960),  # CELT 20 ms, one frame
            (b"\x78", 960),  # hybrid 20 ms
            (b"\x18", 2_880),  # SILK 60 ms
            (b"\xf9", 1_920),  # two frames
            (b"\xfb\x03", 2_880),  # three frames
            (b"\xfb", 0),  # no frame count
            (b"\xfb\x3f", 0),  # over 120 ms
            (b"\x83\x30", 5_760),  # 48 frames of 2.5 ms
        ],
    )
    def test_tells_how_long_a_packet_plays(self, packet: bytes, samples: int) -> None:
        assert opus.samples(packet) == samples

    @pytest.mark.parametrize(
        ("packet", "empty"),
        [
            (b"\xf8" + bytes(40), b"\xf8"),
            (b"\xfc" + bytes(40), b"\xfc"),
            (b"\xf9" + bytes(40), b"\xf9"),
            (b"\xfa" + bytes(40), b"\xf9"),
            (b"\xfb\xc3" + bytes(40), b"\xfb\x03"),
            (b"", b""),
        ],
    )
    def test_stands_in_for_a_lost_packet_without_sound_and_plays_as_long(self, packet: bytes, empty: bytes) -> None:
        assert opus.concealment(packet) == empty
        assert opus.samples(empty) == opus.samples(packet)
