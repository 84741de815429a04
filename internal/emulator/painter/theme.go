// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import (
	"crypto/sha256"
	"slices"
	"strings"
)

// family is a kind of picture.
type family struct {
	paint func(*artist)
	moods string // What may be chosen from when the prompt names no mood.
	words string // Words of a prompt that ask for it.
}

// families are looked for in this order at each word of a prompt.
var families = []family{
	{(*artist).mountains, "dawn day golden sunset dusk night winter", "mountain mountains alps alpine peak peaks hill hills valley canyon cliff volcano landscape himalaya summit highlands glacier forest forests wood woods tree trees pine pines fir woodland"},
	{(*artist).sea, "dawn golden sunset dusk night day", "sea ocean lake coast beach harbour harbor island islands bay boat sailboat ship sail lighthouse shore river water fjord lagoon wave waves"},
	{(*artist).botanical, "day", "flower flowers floral botanical plant plants leaf leaves garden herbarium rose tulip fern bouquet blossom bloom vase herb herbs tea vegetable fruit"},
	{(*artist).tiles, "day", "abstract geometric bauhaus pattern tiles tile mosaic grid shapes quilt memphis cubist tessellation poster"},
}

// iconFamily wins over every other: an icon of a mountain is an icon.
var iconFamily = family{(*artist).icon, "day", "icon icons favicon logo logotype emblem badge symbol pictogram monogram sticker"}

func (f family) knows(word string) bool { return contains(f.words, word) }

func contains(list, word string) bool { return slices.Contains(strings.Fields(list), word) }

// chooseFamily goes by the first telling word, or else by the prompt's hash.
func chooseFamily(words []string, prompt string) family {
	if slices.ContainsFunc(words, iconFamily.knows) {
		return iconFamily
	}
	for _, word := range words {
		for _, f := range families {
			if f.knows(word) {
				return f
			}
		}
	}
	sum := sha256.Sum256([]byte(prompt))
	return families[int(sum[0])%len(families)]
}

// mood is the light of a landscape.
type mood struct {
	words  string
	colors []uint32
}

// Places of a mood's colours: four of the sky from the zenith to the horizon,
// the sun or moon and the glow around it, land from far to near, and what light
// and shadow are made of.
const (
	zenith = iota
	skyHigh
	skyLow
	horizonGlow
	sun
	halo
	farLand
	nearLand
	highlight
	accent
)

var moods = []mood{
	{"dawn sunrise morning pastel spring", []uint32{0x6379ad, 0xb9a3c6, 0xf3bfae, 0xfde4bf, 0xfff6e0, 0xffd7a0, 0xc9a5b8, 0x28304f, 0xffd9c0, 0xe8836b}},
	{"day noon bright sunny summer blue clear", []uint32{0x2f78bd, 0x6fb1df, 0xb5dcec, 0xeaf4ee, 0xfffbe8, 0xffffff, 0x93bcd0, 0x17414a, 0xf2f6ea, 0xe4572e}},
	{"golden gold afternoon warm amber honey", []uint32{0x5c93ac, 0xb9bfa0, 0xf2ce86, 0xffe7ac, 0xfff9dd, 0xffe08a, 0xcdab76, 0x3a2a24, 0xffd68a, 0xd1603d}},
	{"sunset sundown orange fiery", []uint32{0x2a2159, 0x86307a, 0xe8545f, 0xffb45a, 0xfff0b8, 0xffb45c, 0xb9506e, 0x190f2e, 0xff9a6b, 0xffd166}},
	{"dusk twilight evening purple violet lavender", []uint32{0x161c43, 0x40397e, 0x93609f, 0xf0a09a, 0xffe8d2, 0xffb7a0, 0x735893, 0x0d1029, 0xd99ab4, 0xf7b267}},
	{"night midnight moon moonlit moonlight stars starry dark", []uint32{0x040918, 0x0b1a3c, 0x193765, 0x40699a, 0xf6f1da, 0x86aede, 0x2e4f7a, 0x040814, 0x8fb2da, 0xffcf70}},
	{"winter snow snowy ice icy frost frozen cold glacier", []uint32{0x7da5cb, 0xaac9e0, 0xd9e6ee, 0xf8efe8, 0xfffdf4, 0xfff3de, 0x9dbbd2, 0x1d3a58, 0xffffff, 0xd9574a}},
	{"mist misty fog foggy green mossy rain haze", []uint32{0x8fb5a8, 0xb4cfbb, 0xd6e3cb, 0xf0f1da, 0xfffbe9, 0xfdf3cf, 0x97bba6, 0x0d2b27, 0xe6eecb, 0xd98b4a}},
}

// chooseMood goes by a word of the prompt, or else picks one that suits.
func (a *artist) chooseMood(f family) []uint32 {
	suited := pick(a.random, strings.Fields(f.moods))
	var fallback []uint32
	for _, m := range moods {
		for _, word := range strings.Fields(m.words) {
			if a.words[word] && !f.knows(word) {
				return m.colors
			}
			if word == suited {
				fallback = m.colors
			}
		}
	}
	return fallback
}

// inks are the colours of posters: a ground and five to put on it.
var inks = [][]uint32{
	{0xf3ead8, 0xe2583e, 0xf0a830, 0x2d6a78, 0x1d2f3f, 0x8fb8a8},
	{0xf7efe2, 0xd96c4f, 0xe8b298, 0x8c9a7c, 0x44543f, 0xc98f5a},
	{0x12193a, 0xff5d73, 0xffb84d, 0x3ec1d3, 0xf6f1e3, 0x6a4fb3},
	{0xeef1ec, 0x0f4c5c, 0xe36414, 0x9a031e, 0xfb8b24, 0x5f8f8b},
	{0xfdf6ec, 0x264653, 0x2a9d8f, 0xe9c46a, 0xf4a261, 0xe76f51},
	{0x1a1c30, 0xe43f5a, 0x2a86a8, 0x99a8b2, 0xe6d5b8, 0x274a8f},
	{0xf2efe9, 0x2f3e7a, 0x5c7cc0, 0xf28f79, 0xf6cf71, 0x16213f},
	{0xf4e9e4, 0x7a3b5d, 0xc96f8a, 0xf2b5a0, 0x3d5a5b, 0xe8c468},
}
