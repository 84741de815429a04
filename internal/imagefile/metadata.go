// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"encoding/binary"
)

func metadataOfPNG(source []byte) metadata {
	var found metadata
	rest := source[min(len(source), len("\x89PNG\r\n\x1a\n")):]
	for len(rest) >= 8 {
		length, kind := uint64(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		rest = rest[8:]
		if length+4 > uint64(len(rest)) || kind == "IDAT" {
			break
		}
		switch kind {
		case "acTL":
			found.animated = true
		case "eXIf":
			found.orientation = orientationOf(rest[:length])
		}
		rest = rest[length+4:]
	}
	return found
}

func metadataOfJPEG(source []byte) metadata {
	var found metadata
	rest := source[min(len(source), 2):]
	for len(rest) >= 4 && rest[0] == 0xff {
		kind := rest[1]
		if kind == 0xff { // fills up
			rest = rest[1:]
			continue
		}
		length := int(binary.BigEndian.Uint16(rest[2:]))
		if kind == 0xda || length < 2 || length+2 > len(rest) { // 0xda: the pixels begin
			break
		}
		if content, is := bytes.CutPrefix(rest[4:2+length], []byte("Exif\x00\x00")); kind == 0xe1 && is && found.orientation == 0 {
			found.orientation = orientationOf(content)
		}
		rest = rest[2+length:]
	}
	return found
}

func metadataOfWebP(source []byte) metadata {
	var found metadata
	rest := source[min(len(source), len("RIFF....WEBP")):]
	for len(rest) >= 8 {
		kind, length := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		if length > uint64(len(rest)) {
			break
		}
		switch kind {
		case "VP8X":
			found.animated = length > 0 && rest[0]&2 != 0
		case "EXIF":
			found.orientation = orientationOf(bytes.TrimPrefix(rest[:length], []byte("Exif\x00\x00")))
		}
		rest = rest[min(length+length%2, uint64(len(rest))):]
	}
	return found
}

// orientationOf reads the orientation in EXIF's data, a TIFF file without
// pictures. It is zero if there is none.
func orientationOf(exif []byte) int {
	const tagOrientation, typeShort, entrySize = 0x0112, 3, 12
	if len(exif) < 8 {
		return 0
	}
	var order binary.ByteOrder
	switch string(exif[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	offset := uint64(order.Uint32(exif[4:]))
	if offset+2 > uint64(len(exif)) {
		return 0
	}
	entries := exif[offset+2:]
	for range order.Uint16(exif[offset:]) {
		if len(entries) < entrySize {
			break
		}
		if order.Uint16(entries) == tagOrientation {
			value := order.Uint16(entries[8:])
			if order.Uint16(entries[2:]) != typeShort || value < 1 || value > 8 {
				return 0
			}
			return int(value)
		}
		entries = entries[entrySize:]
	}
	return 0
}
