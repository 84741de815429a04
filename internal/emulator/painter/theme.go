// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import (
	"crypto/sha256"
	"strings"
)

// family is a kind of picture.
type family struct {
	paint func(*artist) layers
	moods string // What may be chosen from when the prompt names no mood.
	words string // Words of a prompt that ask for it.
}

// families are looked for in this order at each word of a prompt.
var families = []family{
	{(*artist).mountains, "dawn day golden sunset dusk night winter ink", "mountain mountains alps alpine peak peaks hill hills valley canyon cliff volcano landscape himalaya summit highlands glacier"},
	{(*artist).sea, "dawn golden sunset dusk night tropical day", "sea ocean lake coast beach harbour harbor island islands bay boat sailboat ship sail lighthouse shore river water fjord lagoon"},
	{(*artist).waves, "tropical day dusk sunset dawn ink", "wave waves surf surfing tide tsunami"},
	{(*artist).forest, "mist dawn golden autumn dusk night", "forest forests wood woods tree trees pine pines fir jungle woodland grove taiga cabin"},
	{(*artist).desert, "golden sand sunset dusk sand", "desert dune dunes sahara sand oasis mars arid camel"},
	{(*artist).city, "day golden sunset dusk night dawn", "city cityscape skyline town street streets downtown urban building buildings architecture metropolis skyscraper village tokyo isometric office"},
	{(*artist).botanical, "day", "flower flowers floral botanical plant plants leaf leaves garden herbarium rose tulip fern bouquet blossom bloom vase ceramic ceramics pottery bowl clay herb herbs tea vegetable fruit"},
	{(*artist).space, "night", "space galaxy planet planets nebula cosmos cosmic universe astronaut rocket orbit saturn moonbase spaceship asteroid interstellar"},
	{(*artist).tiles, "day", "geometric bauhaus pattern tiles tile mosaic grid shapes quilt memphis cubist tessellation poster"},
	{(*artist).flow, "day", "abstract flow fluid marble agate texture background gradient topographic contour paper swirl swirls music wind smoke silk"},
}

// iconFamily wins over every other: an icon of a mountain is an icon.
var iconFamily = family{(*artist).icon, "day", "icon icons favicon logo logotype emblem badge symbol pictogram monogram sticker"}

func (f family) knows(word string) bool { return contains(f.words, word) }

func contains(list, word string) bool {
	for _, known := range strings.Fields(list) {
		if known == word {
			return true
		}
	}
	return false
}

// chooseFamily goes by the first telling word, or else by the prompt's hash.
func chooseFamily(words []string, prompt string) family {
	for _, word := range words {
		if iconFamily.knows(word) {
			return iconFamily
		}
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
	name   string
	words  string
	colors [10]uint32
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
	{"dawn", "dawn sunrise morning pastel spring", [10]uint32{0x6379ad, 0xb9a3c6, 0xf3bfae, 0xfde4bf, 0xfff6e0, 0xffd7a0, 0xc9a5b8, 0x28304f, 0xffd9c0, 0xe8836b}},
	{"day", "day noon bright sunny summer blue clear", [10]uint32{0x2f78bd, 0x6fb1df, 0xb5dcec, 0xeaf4ee, 0xfffbe8, 0xffffff, 0x93bcd0, 0x17414a, 0xf2f6ea, 0xe4572e}},
	{"golden", "golden gold afternoon warm amber honey", [10]uint32{0x5c93ac, 0xb9bfa0, 0xf2ce86, 0xffe7ac, 0xfff9dd, 0xffe08a, 0xcdab76, 0x3a2a24, 0xffd68a, 0xd1603d}},
	{"sunset", "sunset sundown orange fiery", [10]uint32{0x2a2159, 0x86307a, 0xe8545f, 0xffb45a, 0xfff0b8, 0xffb45c, 0xb9506e, 0x190f2e, 0xff9a6b, 0xffd166}},
	{"dusk", "dusk twilight evening purple violet lavender", [10]uint32{0x161c43, 0x40397e, 0x93609f, 0xf0a09a, 0xffe8d2, 0xffb7a0, 0x735893, 0x0d1029, 0xd99ab4, 0xf7b267}},
	{"night", "night midnight moon moonlit moonlight stars starry dark", [10]uint32{0x040918, 0x0b1a3c, 0x193765, 0x40699a, 0xf6f1da, 0x86aede, 0x2e4f7a, 0x040814, 0x8fb2da, 0xffcf70}},
	{"aurora", "aurora northern borealis polar arctic", [10]uint32{0x040d1c, 0x08233a, 0x0d4350, 0x2a7a75, 0xeef7e6, 0x63e6b0, 0x1f5560, 0x030a12, 0x7fd8c0, 0x8affc1}},
	{"autumn", "autumn fall october november harvest rustic", [10]uint32{0x6f9cb4, 0xb9c2b4, 0xefd7a8, 0xfbe6bd, 0xfff6dc, 0xffdf9c, 0xcf9a68, 0x43191a, 0xffbe72, 0xc8451f}},
	{"winter", "winter snow snowy ice icy frost frozen cold glacier", [10]uint32{0x7da5cb, 0xaac9e0, 0xd9e6ee, 0xf8efe8, 0xfffdf4, 0xfff3de, 0x9dbbd2, 0x1d3a58, 0xffffff, 0xd9574a}},
	{"tropical", "tropical turquoise teal caribbean paradise lagoon", [10]uint32{0x117a9b, 0x49b6c0, 0xa8ded0, 0xfdebc0, 0xfffbe6, 0xfff0b5, 0x58a6a4, 0x0b3a46, 0xf7f1d0, 0xff7f5c}},
	{"sand", "desert sahara mars arid canyon", [10]uint32{0x3f8f9f, 0x9cc3ae, 0xf1d9a6, 0xf9c98c, 0xfff3d6, 0xffdfa0, 0xe3a36a, 0x6b2a22, 0xffd9a0, 0x9c3d2a}},
	{"mist", "mist misty fog foggy green mossy rain haze", [10]uint32{0x8fb5a8, 0xb4cfbb, 0xd6e3cb, 0xf0f1da, 0xfffbe9, 0xfdf3cf, 0x97bba6, 0x0d2b27, 0xe6eecb, 0xd98b4a}},
	{"ink", "ink minimal minimalist japanese zen sumi monochrome", [10]uint32{0xe4dccb, 0xece5d6, 0xf2ecdf, 0xf7f2e7, 0xc8402f, 0xf7e4d4, 0xc9c3b6, 0x23262c, 0xf6f1e6, 0xc8402f}},
}

// chooseMood goes by a word of the prompt, or else picks one that suits.
func (a *artist) chooseMood(f family) []uint32 {
	suited := pick(a.random, strings.Fields(f.moods))
	var fallback []uint32
	for i := range moods {
		m := &moods[i]
		for word := range a.words {
			if contains(m.words, word) && !f.knows(word) {
				return m.colors[:]
			}
		}
		if m.name == suited {
			fallback = m.colors[:]
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

// ramps are colours in order, for things that go from one to the next.
var ramps = [][]uint32{
	{0x0b2545, 0x13506b, 0x2a9d8f, 0x8fcfa8, 0xe9e3b4, 0xf4a261, 0xe76f51},
	{0x2b1b4d, 0x5a2a7a, 0x9c3587, 0xd9507f, 0xf6836c, 0xfbbf77, 0xfdf0c4},
	{0x0d1b3e, 0x1c3f73, 0x3672a8, 0x6aa9cf, 0xa9d4e3, 0xe0eff0, 0xfff7e6},
	{0x1f2f28, 0x35523f, 0x5b7b58, 0x93a777, 0xcbc69a, 0xeee0bd, 0xf9f1df},
	{0x3b1420, 0x7a1f2b, 0xb83a34, 0xdf6a43, 0xf0a35e, 0xf7d190, 0xfdf0d0},
	{0x1d2041, 0x3a3f7c, 0x7468b0, 0xb894c9, 0xe9bcc8, 0xf8dcc9, 0xfff5e4},
	{0x10302f, 0x1f5f5b, 0x3f948a, 0x8cc4b0, 0xd6e2c4, 0xf6d9a8, 0xf0a36b},
}
