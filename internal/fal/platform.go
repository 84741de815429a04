// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Price is what fal asks for one unit of an endpoint's work.
type Price struct {
	EndpointID string `json:"endpoint_id"`
	// UnitPrice is nil if fal does not give it, which does not mean free.
	UnitPrice *float64 `json:"unit_price"`
	// Unit is free text, such as image, megapixels or compute seconds.
	Unit string `json:"unit"`
	// Currency is an ISO 4217 code.
	Currency string `json:"currency"`
}

// Pricing returns the unit prices of up to 50 endpoints. fal answers 404 for an
// endpoint that it has no price for.
func (c *Client) Pricing(ctx context.Context, endpointIDs ...string) ([]Price, error) {
	var page struct {
		Prices []Price `json:"prices"`
	}
	err := c.callPlatform(ctx, call{
		operation: "read prices",
		method:    http.MethodGet,
		url:       join(c.platform, "models/pricing", url.Values{"endpoint_id": endpointIDs}),
		limit:     smallBody,
		timeout:   time.Minute,
	}, &page)
	for i := range page.Prices {
		price := &page.Prices[i]
		price.Unit, price.Currency = c.presentable(price.Unit), c.presentable(price.Currency)
	}
	return page.Prices, err
}

// Estimate is what fal expects some work to cost.
type Estimate struct {
	// TotalCost is nil if fal does not give it, which does not mean free.
	TotalCost *float64 `json:"total_cost"`
	Currency  string   `json:"currency"`
}

// EstimateUnits prices a number of billing units, greater than 0.
func (c *Client) EstimateUnits(ctx context.Context, endpointID string, units float64) (Estimate, error) {
	return c.estimate(ctx, map[string]any{
		"estimate_type": "unit_price",
		"endpoints":     map[string]any{endpointID: map[string]any{"unit_quantity": units}},
	})
}

// EstimateCalls prices a number of requests, at least 1, by what past ones cost.
func (c *Client) EstimateCalls(ctx context.Context, endpointID string, calls int64) (Estimate, error) {
	return c.estimate(ctx, map[string]any{
		"estimate_type": "historical_api_price",
		"endpoints":     map[string]any{endpointID: map[string]any{"call_quantity": calls}},
	})
}

func (c *Client) estimate(ctx context.Context, question map[string]any) (Estimate, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return Estimate{}, err
	}
	var estimate Estimate
	err = c.callPlatform(ctx, call{
		operation: "estimate the price",
		method:    http.MethodPost,
		url:       join(c.platform, "models/pricing/estimate", nil),
		body:      body,
		limit:     smallBody,
		timeout:   time.Minute,
	}, &estimate)
	return estimate, err
}

// FileDeletion is the fate of one output file.
type FileDeletion struct {
	// Link is the file's URL.
	Link string `json:"link"`
	// Exception is why the file was not deleted; nil if it was.
	Exception *string `json:"exception"`
}

// DeletePayloads erases a request's stored input and output and its files, for
// good. It needs a key of scope ADMIN. Files that could not be deleted are
// reported one by one, not as an error.
func (c *Client) DeletePayloads(ctx context.Context, id string) ([]FileDeletion, error) {
	if !IsRequestID(id) {
		return nil, errors.New("that is not a request id")
	}
	var deleted struct {
		Results []FileDeletion `json:"cdn_delete_results"`
	}
	err := c.callPlatform(ctx, call{
		operation: "delete payloads",
		method:    http.MethodDelete,
		url:       join(c.platform, "models/requests/"+id+"/payloads", nil),
		policy:    repeatEffect,
		limit:     smallBody,
		timeout:   time.Minute,
	}, &deleted)
	for i := range deleted.Results {
		file := &deleted.Results[i]
		file.Link = c.presentable(file.Link)
		if file.Exception != nil {
			said := c.presentable(*file.Exception)
			file.Exception = &said
		}
	}
	return deleted.Results, err
}
