using Postroom.Mail.Routing;
using Postroom.Mail.Status;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>Carries mail to Microsoft Graph, for tenants that have SMTP AUTH switched off.</summary>
/// <remarks>
/// <para>A mail is one POST of its octets, in base64; one that is too large for that goes by a draft. Graph takes no
/// envelope: it mails whom the header names, so the header is made to name whom the try is for
/// (<see cref="Readdressed"/>).</para>
/// <para>Whoever is told to wait waits: until Retry-After is over every call fails at once, as Graph said, and nothing
/// is sent. A try is cancelled only before the last octets of the request that sends have left; then its answer is
/// waited for.</para>
/// </remarks>
public sealed class GraphCourier(Route route, GraphSettings settings, IDialer dialer, TimeProvider time) : ICourier
{
    private readonly GraphLink _link = new(route, settings, dialer, time);

    public int Capacity => _link.Places;

    public async Task<Outcome> DeliverAsync(Assignment assignment, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_link.IsClosed, this);
        return await new GraphTry(_link, settings, time, assignment).RunAsync(cancel);
    }

    /// <remarks>
    /// With the permission Mail.Send alone nothing may be read. So Graph is asked to send what is no mail, and to
    /// answer as Microsoft says it does: 400 ErrorMimeContentInvalidBase64String. It shows the token, the mailbox and
    /// the permission; whoever would decode the text finds no recipient in it.
    /// </remarks>
    public async Task<Failure?> ProbeAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_link.IsClosed, this);
        var answer = await _link.AskAsync(
            new GraphRequest(GraphStep.Send, HttpMethod.Post, _link.At("sendMail"), 202)
            {
                Body = "may this mailbox send?"u8.ToArray(),
                ContentType = "text/plain",
            }, new Transcript(), cancel);
        return answer is { Failure.Fault: Fault.Message } ? null : answer.Failure;
    }

    /// <remarks>Nothing to forget: a token is asked for each time, and Retry-After is a time, not a
    /// refusal.</remarks>
    public void AskAnew()
    {
    }

    public ValueTask DisposeAsync()
    {
        _link.Dispose();
        return ValueTask.CompletedTask;
    }
}
