// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

// The simulation, and the files that keep pictures safe.
const (
	imageFiles = "TestFiles"

	fileResource  = "internal/provider/files/resource.go"
	fileWrite     = "internal/provider/files/write.go"
	fileBring     = "internal/provider/files/bring.go"
	fileDerive    = "internal/provider/files/derive.go"
	fileOwnership = "internal/provider/files/ownership.go"
	fileReview    = "internal/provider/files/review.go"
	fileOnDisk    = "internal/imagefile/disk.go"
)

// fileFaults are those by which a picture on disk is lost, or a file of somebody
// else's.
var fileFaults = []fault{
	{
		"what is replaced is not kept", imageFiles,
		[]edit{{fileWrite, "		if _, err := w.shared.Store.Pictures().Keep(at); err != nil {", "		if err := error(nil); err != nil {"}},
	},
	{
		"what is removed is not kept", imageFiles,
		[]edit{{fileOwnership, "			if needed {", "			if false {"}},
	},
	{
		"what was made of a picture is taken to be made again, wherever that is", imageFiles,
		[]edit{{fileDerive, "	_, _, err := s.storedPicture(file.SourceSHA256.ValueString())\n	return err == nil", "	return true"}},
	},
	{
		"the file of a replaced object is removed before there is another", imageFiles,
		[]edit{{fileResource, "	case noted.Object == \"\" || noted.Stays:", "	case false:"}},
	},
	{
		"somebody else's file is replaced", imageFiles,
		[]edit{{fileWrite, "	if w.file.Overwrite.ValueBool() || w.isOwn() {", "	if true {"}, {fileReview, "	if r.file.Overwrite.IsUnknown() ||", "	if true ||"}},
	},
	{
		"any picture is this state's where the index knows the path", imageFiles,
		[]edit{{fileOwnership, "noted.SHA256 == there.sha256 || noted.Displaced == there.sha256", "noted.SHA256 != \"\""}},
	},
	{
		"an adopted file is removed", imageFiles,
		[]edit{{fileResource, "	case noted.Adopted:", "	case false:"}},
	},
	{
		"a killed run's file is somebody else's", imageFiles,
		[]edit{{fileOwnership, "noted.SHA256 == there.sha256 || noted.Displaced == there.sha256", "false"}},
	},
	{
		"what was written beside an equal file is left over", imageFiles,
		[]edit{{fileOnDisk, "		if !replace {\n			temp.discard()\n", "		if !replace {\n"}},
	},
	{
		"what the store has is fetched", imageFiles,
		[]edit{{fileBring, "	picture, err := w.shared.Store.Pictures().Open(request.ExpectedSHA256)\n	if err != nil {", "	picture, err := w.shared.Store.Pictures().Open(request.ExpectedSHA256)\n	if err == nil || err != nil {"}},
	},
	{
		"a file that just leaves is in the way of the next plan", imageFiles,
		[]edit{{fileReview, "err != nil || now != there {", "err != nil && now != there {"}},
	},
}
