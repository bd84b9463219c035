#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace parley::websocket {

/// The executor of one worker's loop. Named as the concrete type everywhere, because the type-erased default
/// costs an allocation and a virtual call in every operation.
using Executor = boost::asio::io_context::executor_type;

/// A client's connection that lives on one worker: a TCP socket, or one end of a local pair whose other end
/// carries the bytes on to the client.
using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;

/// A timer that lives on one worker.
using Timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace parley::websocket
