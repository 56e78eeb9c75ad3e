#pragma once

#include <string>
#include <string_view>

#include "tools/samplecloud/cloud.hpp"

namespace decamp::samplecloud {

/// Which endpoint a request is for.
endpoint classify(origin where, std::string_view method, std::string_view path);

/// Whether a request of this kind belongs to a group that bursts and list faults name.
bool in_group(request_group group, endpoint kind);

// One function a host; each fills x.response. The session has been looked at already.
void answer_api(cloud& of, exchange& x);
void answer_gallery(cloud& of, exchange& x);
void answer_account(cloud& of, exchange& x);
void answer_sts(cloud& of, exchange& x);
void answer_storage(cloud& of, exchange& x);
void answer_link(cloud& of, exchange& x);
/// Requests under /_control, which are neither counted nor logged.
void answer_control(cloud& of, const http_request& request, http_response& response);

// Faults
/// The fault that spoils this attempt of the item at this stage, counting the attempt.
const item_fault* fault_for(cloud& of, const exchange& x, fault_stage stage, std::uint64_t index);
void spoil_list(cloud& of, exchange& x, const list_fault& fault);
void spoil_bytes(cloud& of, exchange& x, const item_fault& fault);
void set_status(http_response& response, int status, int retry_after);

// Envelopes
void answer_ok(exchange& x, std::string_view data);
void answer_error(exchange& x, int code, std::string_view description, std::string_view data = "null");
void answer_unauthorized(const cloud& of, exchange& x);
void answer_text(exchange& x, std::string_view type, std::string text);

/// The login URL of the account server with a callback signed for this API host.
std::string login_url(const cloud& of, const exchange& x, bool known);
std::string set_token_cookie(std::string_view token);

/// A galleries page that goes on for `bytes` (say 10 GB), made as it is sent: of items, or of one endless value.
void endless_page(cloud& of, exchange& x, list_fault_kind kind, std::uint64_t bytes);
void write_item(cloud& of, const exchange& x, std::string& out, std::uint64_t index);

}  // namespace decamp::samplecloud
