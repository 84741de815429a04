// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/account"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/files"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/lookup"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// session is what one configured provider shares among its resources. It may
// outlive a walk of the engine, which tells no provider where one ends.
type session struct {
	// client is nil while a value needed to reach fal is unknown.
	client *fal.Client
	media  *imagefile.Client
	// hasKey is false if no key is configured; calls that need one fail.
	hasKey bool
	// endpointID generates images that name no endpoint. It may be unknown.
	endpointID types.String
	requests   requestSettings
	clock      fal.Clock
	// service is nil as long as client is.
	service *requests.Service
	// store is the folder of what outlives a run.
	store   string
	planned plannedImages
	origins origins
	files   files.Shared
}

func newSession(settings settings, userAgent string, clock fal.Clock, dial dialFunc) (*session, error) {
	if clock == nil {
		clock = fal.SystemClock()
	}
	opened := &session{hasKey: settings.key != "", endpointID: settings.endpointID, requests: settings.requests, clock: clock}
	if settings.unknown {
		return opened, nil
	}
	client, err := fal.New(fal.Options{
		Key:         settings.key,
		QueueURL:    settings.queueURL,
		RunURL:      settings.runURL,
		PlatformURL: settings.platformURL,
		UserAgent:   userAgent,
		Logger:      debugLog{},
		Clock:       clock,
		Dial:        dial,
	})
	if err != nil {
		return nil, err
	}
	media, err := imagefile.New(imagefile.Options{
		TrustedOrigins: []string{settings.queueURL, settings.runURL, settings.platformURL},
		UserAgent:      userAgent,
		Logger:         debugLog{},
		Clock:          clock,
		Dial:           dial,
	})
	if err != nil {
		return nil, err
	}
	opened.client, opened.media, opened.files.Media, opened.store = client, media, media, settings.store
	opened.origins.own = settings.origin
	opened.origins.bases = []string{settings.queueURL, settings.runURL, settings.platformURL}
	options := requests.Options{
		Client: client, Media: mediaFiles{media}, Logger: debugLog{}, Clock: clock,
		Direct: settings.requests.direct, ReuseWithin: settings.requests.reuseWithin, Limit: settings.requests.limit,
		Origin: store.Origin{URL: settings.queueURL, Kind: string(settings.origin)}, Workspace: settings.workspace, Run: os.Getppid(),
	}
	if settings.store != "" {
		options.Journal = store.Open(settings.store).Journal()
	}
	opened.service = requests.New(options)
	return opened, nil
}

// Files is what files share.
func (s *session) Files() *files.Shared { return &s.files }

// Account is what look-ups of the account share.
func (s *session) Account() *account.Shared {
	return &account.Shared{Client: s.client, EndpointID: s.endpointID, Clock: s.clock}
}

// endpointOf is the endpoint that a look-up is about.
func (s *session) endpointOf(configured types.String) (string, diag.Diagnostics) {
	if !s.known() {
		return "", diag.Diagnostics{lookup.AskedTooEarly()}
	}
	return lookup.EndpointOf(configured, s.endpointID)
}

// unresolved are the submissions that earlier runs have left.
func (s *session) unresolved() []store.Entry {
	if !s.known() {
		return nil
	}
	return s.service.Unresolved()
}

func (s *session) close() error {
	if !s.known() {
		return nil
	}
	s.client.CloseIdleConnections()
	return s.service.Close()
}

// mediaFiles asks the media host about the files of requests.
type mediaFiles struct{ client *imagefile.Client }

// Gone reports whether a file is known to be gone.
func (m mediaFiles) Gone(ctx context.Context, url string) bool {
	available, _ := m.client.Available(ctx, url)
	return available == imagefile.Gone
}

// known reports whether the provider's configuration is known well enough to
// call fal. During a plan it may depend on resources that don't exist yet.
func (s *session) known() bool {
	return s != nil && s.client != nil
}

// debugLog passes what the packages below have to say on to the engine's log.
type debugLog struct{}

// Info is for what a person who waits wants to know.
func (debugLog) Info(ctx context.Context, message string, fields map[string]any) {
	tflog.Info(ctx, message, fields)
}

func (debugLog) Debug(ctx context.Context, message string, fields map[string]any) {
	tflog.Debug(ctx, message, fields)
}
