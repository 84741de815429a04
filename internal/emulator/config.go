// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"fmt"
	"image"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator/painter"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// Scope is what a key may do.
type Scope string

// The scopes that fal documents. An admin key may do all that an API key may.
const (
	ScopeAPI   Scope = "API"
	ScopeAdmin Scope = "ADMIN"
)

// LogMode says which of a request's log lines a status shows, if asked for.
type LogMode string

// fal's documents and what it has been seen to send disagree on the log lines
// of a status.
const (
	// LogsCumulative shows all lines so far.
	LogsCumulative LogMode = "cumulative"
	// LogsWindow shows the latest two.
	LogsWindow LogMode = "window"
	// LogsMissing leaves the member out.
	LogsMissing LogMode = "missing"
	// LogsLabelled shows lines with a timestamp without a zone, a message and
	// labels; in a stream, a frame without lines follows each that has some.
	LogsLabelled LogMode = "labelled"
)

var logModes = []LogMode{LogsCumulative, LogsWindow, LogsMissing, LogsLabelled}

// ErrorStyle is the shape of the model's errors.
type ErrorStyle string

// The shapes in which fal's models are known to report an error.
const (
	// ErrorsPydantic2 lists entries with type, loc, msg, input and ctx.
	ErrorsPydantic2 ErrorStyle = "pydantic2"
	// ErrorsPydantic1 lists entries with loc, msg and type only.
	ErrorsPydantic1 ErrorStyle = "pydantic1"
	// ErrorsCatalogue uses the types of fal's own catalogue and links to it.
	ErrorsCatalogue ErrorStyle = "catalogue"
	// ErrorsText is one string for all.
	ErrorsText ErrorStyle = "text"
	// ErrorsObject is an object of type and message, for the first.
	ErrorsObject ErrorStyle = "object"
)

var errorStyles = []ErrorStyle{ErrorsPydantic2, ErrorsPydantic1, ErrorsCatalogue, ErrorsText, ErrorsObject}

// ImageStyle says how much a result tells about each picture.
type ImageStyle int

// The shapes seen in results of this model family.
const (
	// ImagesFull has all six members.
	ImagesFull ImageStyle = iota
	// ImagesNull has all six, but file name and size are null.
	ImagesNull
	// ImagesSparse has the URL, type, width and height only.
	ImagesSparse
)

// Painter makes the picture of a scene, always the same one. It is called from
// many goroutines.
type Painter func(painter.Scene) image.Image

// Painting says when pictures are painted.
type Painting int

const (
	// PaintAhead paints while the request runs, so that results can tell the
	// size of the files. A result waits for its pictures.
	PaintAhead Painting = iota
	// PaintOnDemand paints when a picture is fetched. Results have a null file
	// size, and HEAD no length, until then. For hundreds of pictures that
	// nobody looks at.
	PaintOnDemand
)

// Retention says how long results are kept after completion.
type Retention struct {
	// Result is for results of less than 10 KB whose payloads aren't stored.
	Result time.Duration
	// LargeResult is for larger ones.
	LargeResult time.Duration
	// Payloads is for stored payloads: results of up to 1 MB.
	Payloads time.Duration
}

// DefaultRetention is what fal documents.
var DefaultRetention = Retention{
	Result:      time.Hour,
	LargeResult: 6 * time.Minute,
	Payloads:    30 * 24 * time.Hour,
}

// History says what the request history shows. Nobody has recorded a page of it
// that isn't empty, so each member is one that fal may or may not have.
type History struct {
	// Lag is how far it is behind: what it shows is how things were that long
	// ago.
	Lag Duration `json:"lag,omitempty"`
	// ListsUnstarted has it list requests that have not started.
	ListsUnstarted bool `json:"lists_unstarted,omitempty"`
	// WithoutPayloads keeps inputs and outputs out of it, whoever asks for them.
	WithoutPayloads bool `json:"without_payloads,omitempty"`
	// ByEndedAt has start and end select by when a request has ended, rather
	// than when it was sent. One that has not ended counts as ending now.
	ByEndedAt bool `json:"by_ended_at,omitempty"`
}

func (h History) check() error {
	if h.Lag < 0 {
		return fmt.Errorf("the history's lag is negative: %s", time.Duration(h.Lag))
	}
	return nil
}

// Price is what fal asks for a unit of an endpoint's work.
type Price struct {
	EndpointID string  `json:"endpoint_id"`
	UnitPrice  float64 `json:"unit_price"`
	Unit       string  `json:"unit"`
	Currency   string  `json:"currency"`
}

type credential struct {
	id, secret string
	alias      string
	scopes     []Scope
	created    time.Time
}

type config struct {
	clock             Clock
	clockOffset       time.Duration
	queueTime         time.Duration
	runTime           time.Duration
	runners           int
	directory         string
	keys              []credential
	retention         Retention
	faults            []Fault
	everyJob          JobFault
	endpoints         []string
	aliases           map[string]string
	prices            []Price
	painter           Painter
	painting          Painting
	logMode           LogMode
	errorStyle        ErrorStyle
	imageStyle        ImageStyle
	sizeMultiple      int64
	mediaLifetime     time.Duration
	history           History
	billing           Billing
	alwaysOK          bool
	validatesAtSubmit bool
	minimalSubmit     bool
	responseSuffix    bool
	lockReason        string
	lockedReads       bool
	forcedSafety      bool
	noMetadata        bool
	extraFields       bool
	bodyLimit         int64
}

func defaults() config {
	return config{
		clock:       systemClock{},
		retention:   DefaultRetention,
		endpoints:   []string{flux2.DefaultEndpointID, "fal-ai/flux-2"},
		aliases:     map[string]string{},
		painter:     painter.Flat,
		logMode:     LogsCumulative,
		errorStyle:  ErrorsPydantic2,
		extraFields: true,
		bodyLimit:   10 << 20,
		prices: []Price{
			{EndpointID: flux2.DefaultEndpointID, UnitPrice: 0, Unit: "compute seconds", Currency: "USD"},
			{EndpointID: "fal-ai/flux-2", UnitPrice: 0.012, Unit: "megapixels", Currency: "USD"},
		},
	}
}
