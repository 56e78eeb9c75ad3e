#pragma once
// Lists and errors as services write them.

#include <string>

namespace decamp::testing {

inline std::string contents(const std::string& key, long long size, const std::string& etag = "&quot;e&quot;") {
    return "<Contents><Key>" + key + "</Key><LastModified>2024-05-01T12:00:00.123Z</LastModified><ETag>" + etag +
           "</ETag><Size>" + std::to_string(size) +
           "</Size><Owner><ID>1</ID><DisplayName>me</DisplayName></Owner><StorageClass>STANDARD</StorageClass></"
           "Contents>";
}

// `head`: elements that stand beside the objects.
inline std::string list_xml(const std::string& head, const std::string& objects, bool truncated) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><Prefix/>" +
           head + "<IsTruncated>" + (truncated ? "true" : "false") + "</IsTruncated>" + objects + "</ListBucketResult>";
}

inline std::string error_xml(const std::string& code, const std::string& more = {}) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code +
           "</Code><Message>AKID said no</Message>" + more + "<RequestId>1</RequestId></Error>";
}

}  // namespace decamp::testing
