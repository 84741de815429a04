// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package flux2_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

func seeded(in flux2.Input, seed int64) flux2.Input {
	in.Seed = &seed
	return in
}

func TestInput_Encode_namesEveryInputInAFixedOrder(t *testing.T) {
	t.Parallel()

	custom := seeded(flux2.NewInput("<b> & \"q\""), math.MaxInt64)
	custom.ImageSize = flux2.CustomSize(800, 600)

	for name, test := range map[string]struct {
		input flux2.Input
		want  string
	}{
		"defaults without a seed": {
			input: flux2.NewInput("a lighthouse"),
			want: `{"prompt":"a lighthouse","guidance_scale":2.5,"num_inference_steps":28,"image_size":"landscape_4_3",` +
				`"num_images":1,"acceleration":"regular","enable_prompt_expansion":false,"enable_safety_checker":true,` +
				`"sync_mode":false,"output_format":"png"}`,
		},
		"seed and custom size": {
			input: custom,
			want: `{"prompt":"<b> & \"q\"","guidance_scale":2.5,"seed":9223372036854775807,"num_inference_steps":28,` +
				`"image_size":{"width":800,"height":600},"num_images":1,"acceleration":"regular","enable_prompt_expansion":false,` +
				`"enable_safety_checker":true,"sync_mode":false,"output_format":"png"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := test.input.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestInput_Encode_refusesWhatJSONCannotSay(t *testing.T) {
	t.Parallel()

	noSize := flux2.NewInput("x")
	noSize.ImageSize = flux2.ImageSize{}
	notFinite := flux2.NewInput("x")
	notFinite.GuidanceScale = math.NaN()

	for name, input := range map[string]flux2.Input{"no size": noSize, "not a number": notFinite} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if body, err := input.Encode(); err == nil {
				t.Errorf("encoded as %s", body)
			}
		})
	}
}

func TestDecodeInput(t *testing.T) {
	t.Parallel()

	withSize := func(size flux2.ImageSize) flux2.Input {
		in := flux2.NewInput("x")
		in.ImageSize = size
		return in
	}
	tuned := seeded(flux2.NewInput("x"), 196619188014358660)
	tuned.GuidanceScale = 7
	tuned.NumInferenceSteps = 30
	tuned.NumImages = 2
	tuned.Acceleration = "high"
	tuned.EnablePromptExpansion = true
	tuned.EnableSafetyChecker = false
	tuned.SyncMode = true
	tuned.OutputFormat = "webp"

	for name, test := range map[string]struct {
		body string
		want flux2.Input
	}{
		"missing members are defaults": {`{"prompt":"x"}`, flux2.NewInput("x")},
		"null members are defaults": {
			`{"prompt":"x","seed":null,"image_size":null,"num_images":null,"guidance_scale":null,"sync_mode":null}`,
			flux2.NewInput("x"),
		},
		"unknown members are ignored": {`{"prompt":"x","loras":[{"path":"p"}]}`, flux2.NewInput("x")},
		"every member": {
			`{"prompt":"x","guidance_scale":7,"seed":196619188014358660,"num_inference_steps":30.0,"num_images":2,` +
				`"acceleration":"high","enable_prompt_expansion":true,"enable_safety_checker":false,"sync_mode":true,"output_format":"webp"}`,
			tuned,
		},
		"seed zero is a seed":          {`{"prompt":"x","seed":0}`, seeded(flux2.NewInput("x"), 0)},
		"preset":                       {`{"prompt":"x","image_size":"square"}`, withSize(flux2.PresetSize("square"))},
		"preset that is not known yet": {`{"prompt":"x","image_size":"panorama"}`, withSize(flux2.PresetSize("panorama"))},
		"both sides":                   {`{"prompt":"x","image_size":{"width":800,"height":600}}`, withSize(flux2.CustomSize(800, 600))},
		"a missing side is 512":        {`{"prompt":"x","image_size":{"width":800}}`, withSize(flux2.CustomSize(800, 512))},
		"the smallest size":            {`{"prompt":"x","image_size":{"width":1,"height":1}}`, withSize(flux2.CustomSize(1, 1))},
		"an empty object is 512x512":   {`{"prompt":"x","image_size":{}}`, withSize(flux2.CustomSize(512, 512))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := flux2.DecodeInput([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if !got.Equal(test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestDecodeInput_refusesOtherTypes(t *testing.T) {
	t.Parallel()

	for name, body := range map[string]string{
		"nothing":              ``,
		"null":                 `null`,
		"a list":               `[]`,
		"prompt number":        `{"prompt":1}`,
		"seed with a fraction": `{"prompt":"x","seed":1.5}`,
		"seed with exponent":   `{"prompt":"x","seed":1e400}`,
		"seed beyond 64 bits":  `{"prompt":"x","seed":9223372036854775808}`,
		"size a list":          `{"prompt":"x","image_size":[1,2]}`,
		"size empty":           `{"prompt":"x","image_size":""}`,
		"size of no width":     `{"prompt":"x","image_size":{"width":0,"height":512}}`,
		"size of no height":    `{"prompt":"x","image_size":{"width":512,"height":0}}`,
		"guidance beyond":      `{"prompt":"x","guidance_scale":1e400}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got, err := flux2.DecodeInput([]byte(body)); err == nil {
				t.Errorf("decoded as %+v", got)
			}
		})
	}
}

func TestInput_Equal_seesEveryInput(t *testing.T) {
	t.Parallel()

	base := seeded(flux2.NewInput("x"), 1)
	if !base.Equal(seeded(flux2.NewInput("x"), 1)) {
		t.Fatal("equal inputs differ")
	}
	for name, change := range map[string]func(*flux2.Input){
		"prompt":                  func(in *flux2.Input) { in.Prompt = "y" },
		"guidance_scale":          func(in *flux2.Input) { in.GuidanceScale = 3 },
		"seed":                    func(in *flux2.Input) { *in = seeded(*in, 2) },
		"no seed":                 func(in *flux2.Input) { in.Seed = nil },
		"num_inference_steps":     func(in *flux2.Input) { in.NumInferenceSteps = 4 },
		"image_size":              func(in *flux2.Input) { in.ImageSize = flux2.CustomSize(1024, 704) },
		"num_images":              func(in *flux2.Input) { in.NumImages = 2 },
		"acceleration":            func(in *flux2.Input) { in.Acceleration = "none" },
		"enable_prompt_expansion": func(in *flux2.Input) { in.EnablePromptExpansion = true },
		"enable_safety_checker":   func(in *flux2.Input) { in.EnableSafetyChecker = false },
		"sync_mode":               func(in *flux2.Input) { in.SyncMode = true },
		"output_format":           func(in *flux2.Input) { in.OutputFormat = "jpeg" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			changed := base
			change(&changed)
			if base.Equal(changed) || changed.Equal(base) {
				t.Errorf("%+v equals %+v", base, changed)
			}
		})
	}
}

// What is written in another way asks for the same.
func TestInput_Equal_comparesWhatIsMeant(t *testing.T) {
	t.Parallel()

	for name, pair := range map[string][2]flux2.Input{
		"line endings": {seeded(flux2.NewInput("a boat\nat sea\n"), 1), seeded(flux2.NewInput("a boat\r\nat sea\r\n"), 1)},
		"mark":         {seeded(flux2.NewInput("a boat\nat sea\n"), 1), seeded(flux2.NewInput("\ufeffa boat\nat sea\n"), 1)},
		"size":         {seeded(flux2.NewInput("x"), 1), seeded(flux2.NewInput("x"), 1)},
	} {
		if name == "size" {
			pair[1].ImageSize = flux2.CustomSize(1024, 768)
		}
		if !pair[0].Equal(pair[1]) || !pair[1].Equal(pair[0]) {
			t.Errorf("%s: %+v differs from %+v", name, pair[0], pair[1])
		}
		one, err := pair[0].Normal().Encode()
		if err != nil {
			t.Fatal(err)
		}
		if other, err := pair[1].Normal().Encode(); err != nil || string(one) != string(other) {
			t.Errorf("%s: %s is sent as well as %s (%v)", name, one, other, err)
		}
	}
	// A carriage return that ends no line is the writer's own.
	if seeded(flux2.NewInput("a\rb"), 1).Equal(seeded(flux2.NewInput("a\nb"), 1)) {
		t.Error("a carriage return is taken for a line ending")
	}
	for _, name := range flux2.Preset.Values {
		size, _ := flux2.PresetSize(name).Dimensions()
		if custom := flux2.CustomSize(size.Width, size.Height); !custom.Equal(flux2.PresetSize(name)) {
			t.Errorf("%s differs from %s", custom, name)
		}
	}
}

// randomInput draws from all that validation lets through, and a little more.
func randomInput(random *rand.Rand) flux2.Input {
	in := flux2.NewInput(randomText(random))
	in.GuidanceScale = random.Float64() * 20
	if random.IntN(4) > 0 {
		in = seeded(in, random.Int64())
	}
	in.NumInferenceSteps = 4 + random.Int64N(47)
	if random.IntN(2) == 0 {
		in.ImageSize = flux2.CustomSize(1+random.Int64N(4096), 1+random.Int64N(4096))
	} else {
		in.ImageSize = flux2.PresetSize(flux2.Preset.Values[random.IntN(len(flux2.Preset.Values))])
	}
	in.NumImages = 1 + random.Int64N(4)
	in.Acceleration = flux2.Acceleration.Values[random.IntN(3)]
	in.EnablePromptExpansion = random.IntN(2) == 0
	in.EnableSafetyChecker = random.IntN(2) == 0
	in.SyncMode = random.IntN(2) == 0
	in.OutputFormat = flux2.OutputFormat.Values[random.IntN(3)]
	return in
}

func randomText(random *rand.Rand) string {
	alphabet := []rune("ab \"\\<>&/\n\té日😀\u2028\x01")
	var text strings.Builder
	for range random.IntN(40) {
		text.WriteRune(alphabet[random.IntN(len(alphabet))])
	}
	return text.String()
}

func TestInput_survivesTheWire(t *testing.T) {
	t.Parallel()

	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a reproducible test wants a weak source
	for range 2000 {
		in := randomInput(random)
		body, err := in.Encode()
		if err != nil {
			t.Fatalf("%+v: %v", in, err)
		}
		back, err := flux2.DecodeInput(body)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if !in.Equal(back) {
			t.Fatalf("%+v became %+v over %s", in, back, body)
		}
		again, err := back.Encode()
		if err != nil || string(again) != string(body) {
			t.Fatalf("%s became %s (%v)", body, again, err)
		}
	}
}

func FuzzDecodeInput(f *testing.F) {
	for _, body := range []string{
		`{"prompt":"x"}`,
		`{"prompt":"x","seed":9223372036854775807,"image_size":{"width":800.0}}`,
		`{"prompt":"x","image_size":"square","guidance_scale":0}`,
		`{"prompt":"x","image_size":{"width":null},"num_images":null}`,
		`{"prompt":"\ud800","seed":-1}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := flux2.DecodeInput(body)
		if err != nil {
			return
		}
		encoded, err := in.Encode()
		if err != nil {
			t.Fatalf("%s decoded as %+v, which can't be encoded: %v", body, in, err)
		}
		if !json.Valid(encoded) {
			t.Fatalf("%s became invalid JSON: %s", body, encoded)
		}
		back, err := flux2.DecodeInput(encoded)
		if err != nil || !in.Equal(back) {
			t.Fatalf("%s: %+v became %+v (%v)", body, in, back, err)
		}
	})
}
