using System.Net;
using Postroom.Api.Access;
using Postroom.Mail.Content.Checks;
using Postroom.Relay.Dns;

namespace Postroom.Api.Contents;

/// <summary>What only DNS knows of a mail, where somebody asks for it.</summary>
internal sealed class SenderRequests(DnsAsker asker, TimeProvider time)
{
    // Each may take ten seconds, and eight sockets.
    private static readonly SemaphoreSlim Turns = new(4, 4);

    /// <summary>Whether DNS is to be asked, and for which address. Who wrote the mail chooses the names, and whoever
    /// serves them sees that somebody looks: not for everybody who may read.</summary>
    public static (bool IsAsking, IPAddress? Address) Of(Call call)
    {
        var isAsking = call.Query("dns") switch
        {
            null or "false" => false,
            "true" when call.Caller.Scopes.Cover(Scopes.Operate) => true,
            "true" => throw new ApiProblem(403, "asking DNS needs the scope operate",
                "Leave dns out to have the mail checked by what stands in it."),
            _ => throw ApiProblem.Bad("dns is neither true nor false",
                "Leave it out, or say dns=true to have DNS asked by this relay for what it alone knows."),
        };
        if (call.Query("ip") is not { } written)
            return (isAsking, null);
        if (!isAsking)
            throw ApiProblem.Bad("ip is of no use where DNS is not asked", "Say dns=true too.");
        return IPAddress.TryParse(written, out var address)
            && !written.Contains('%', StringComparison.Ordinal) && written.AsSpan().IndexOfAny('.', ':') >= 0
            ? (true, address)
            : throw ApiProblem.Bad("ip is no address", "Give the address from which receivers see the mail come, "
                + "as 192.0.2.1 or 2001:db8::1.");
    }

    /// <summary>Asks, and puts what it found in the place of what was open.</summary>
    public async Task<(IReadOnlyList<Finding> Findings, string Results, int Questions)> JudgeAsync(
        SenderFacts facts, IPAddress? address, IReadOnlyList<Finding> others, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await Turns.WaitAsync(cancel);
        try
        {
            var told = await asker.ThinkAsync(known => AskedSender.Of(known, facts, address, now), cancel);
            var rest = others.Where(one => !AskedSender.InPlaceOf.Contains(one.Name));
            return ([.. told.Thought.Findings.Concat(rest).OrderByDescending(one => one.Severity)],
                told.Thought.Results, told.Questions);
        }
        finally
        {
            Turns.Release();
        }
    }
}
