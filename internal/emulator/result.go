// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator/painter"
)

// compose plans a job's pictures and which of them the safety checker flags.
func (s *Server) compose(j *job) ([]picture, []bool) {
	prompt := j.input.Prompt
	if j.input.EnablePromptExpansion {
		prompt += ", richly detailed, carefully lit, balanced composition"
	}
	size, _ := j.input.ImageSize.Dimensions()
	count := int(j.input.NumImages)
	if j.Fault.Images != nil {
		count = *j.Fault.Images
	}
	checked := j.input.EnableSafetyChecker || s.forcedSafety
	pictures, flagged := make([]picture, count), make([]bool, count)
	for i := range count {
		flagged[i] = slices.Contains(j.Fault.Flagged, i) || checked && strings.Contains(j.input.Prompt, MarkerNSFW)
		pictures[i] = picture{
			name:   mediaName(j.ID, i, j.input.OutputFormat),
			format: j.input.OutputFormat,
			black:  flagged[i],
			scene: painter.Scene{
				Prompt:   prompt,
				Seed:     j.Seed,
				Index:    i,
				Width:    s.snap(size.Width),
				Height:   s.snap(size.Height),
				Steps:    int(j.input.NumInferenceSteps),
				Guidance: j.input.GuidanceScale,
			},
		}
	}
	return pictures, flagged
}

// snap rounds a side up to the multiple that is set.
func (s *Server) snap(side int64) int {
	if s.sizeMultiple > 0 {
		side = (side + s.sizeMultiple - 1) / s.sizeMultiple * s.sizeMultiple
	}
	return int(side)
}

// mediaName is where a picture lies on the media host.
func mediaName(id string, index int, format string) string {
	digest := sha256.Sum256([]byte(id + "/" + strconv.Itoa(index)))
	text := base64.RawURLEncoding.EncodeToString(digest[4:20])
	return path.Join("files", "b", hex.EncodeToString(digest[:4]), text+"."+format)
}

// finalAnswer is the result of a completed job. It may have to wait for the
// painter, so the lock must not be held.
func (s *Server) finalAnswer(j *job, base string) reply {
	var r reply
	units := 0
	if j.Failure != nil {
		r = j.Failure.reply()
		if j.Failure.Status < 400 {
			units = j.units()
		}
	} else {
		body, err := s.output(j, base)
		if err != nil {
			return detail(http.StatusInternalServerError, "The pictures could not be painted: "+err.Error())
		}
		r = reply{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: body}
		units = j.units()
	}
	if date, _ := j.Fault.resultDate(j, s.clock.Now()); !date.IsZero() {
		r = r.with("Date", date.UTC().Format(http.TimeFormat))
	}
	return r.with("X-Fal-Request-Id", j.ID).with("X-Fal-Billable-Units", strconv.Itoa(units)).with("X-Fal-Served-From", s.backend)
}

// units are what the job is billed for: megapixels, each picture's rounded up.
func (j *job) units() int {
	total := 0
	for _, p := range j.pictures {
		total += (p.scene.Width*p.scene.Height + 1<<20 - 1) >> 20
	}
	return total
}

// member is one of an object whose members have an order.
type member struct {
	name  string
	value any
}

type object []member

func (o object) without(names []string) object {
	return slices.DeleteFunc(o, func(m member) bool { return slices.Contains(names, m.name) })
}

// with adds members in the order of their names, in place of those that are
// called alike.
func (o object) with(members map[string]json.RawMessage) object {
	names := slices.Sorted(maps.Keys(members))
	o = o.without(names)
	for _, name := range names {
		o = append(o, member{name, members[name]})
	}
	return o
}

func (o object) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	text.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			text.WriteByte(',')
		}
		text.Write(encode(m.name))
		text.WriteByte(':')
		text.Write(encode(m.value))
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}

// output is the model's own answer.
func (s *Server) output(j *job, base string) ([]byte, error) {
	images := make([]object, len(j.pictures))
	for i, p := range j.pictures {
		image, err := s.describePicture(j, p, base)
		if err != nil {
			return nil, err
		}
		images[i] = image.without(j.Fault.OmitImage).with(j.Fault.SetImage)
	}
	out := object{
		{"images", images},
		{"timings", map[string]float64{"inference": j.EndedAt.Sub(j.StartedAt).Seconds()}},
		{"seed", j.Seed},
		{"has_nsfw_concepts", j.flagged},
		{"prompt", j.input.Prompt},
	}
	if s.hasExtras(j) {
		out = append(out, member{"x_emulated", map[string]any{"attempt": j.Attempt}})
	}
	return encode(out.without(j.Fault.Omit).with(j.Fault.Set)), nil
}

func (s *Server) describePicture(j *job, p picture, base string) (object, error) {
	url := base + "/media/" + p.name
	var size any
	if j.input.SyncMode {
		content, err := s.gallery.content(p)
		if err != nil {
			return nil, err
		}
		size = len(content)
		url = "data:" + p.contentType() + ";base64," + base64.StdEncoding.EncodeToString(content)
	} else if length, err := s.gallery.size(p, s.painting == PaintAhead); err != nil {
		return nil, err
	} else if length > 0 {
		size = length
	}
	name := any(path.Base(p.name))
	if s.imageStyle == ImagesNull {
		name, size = nil, nil
	}
	image := object{
		{"url", url},
		{"content_type", p.contentType()},
		{"file_name", name},
		{"file_size", size},
		{"width", p.scene.Width},
		{"height", p.scene.Height},
	}
	if s.imageStyle == ImagesSparse {
		image = image.without([]string{"file_name", "file_size"})
	}
	return image, nil
}

// resultSize estimates the size of a result in bytes. Data URIs count as large
// whatever they hold.
func (s *Server) resultSize(j *job) int {
	if j.Failure != nil {
		return len(j.Failure.Body) + len(j.Failure.Text)
	}
	if j.input.SyncMode {
		return 10_000
	}
	size := 200 + len(j.input.Prompt)
	for _, value := range j.Fault.Set {
		size += len(value)
	}
	const perImage = 220
	return size + perImage*len(j.pictures)
}

// outputFor is what the history shows of a job's answer, if fal has stored it.
func (s *Server) outputFor(j *job, base string) json.RawMessage {
	if j.Failure != nil {
		if body := j.Failure.reply().body; json.Valid(body) {
			return body
		}
		return nil
	}
	body, err := s.output(j, base)
	if err != nil {
		return nil
	}
	return body
}
