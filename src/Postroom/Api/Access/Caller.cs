namespace Postroom.Api.Access;

/// <summary>Who asks.</summary>
/// <param name="Name">For the trail: a user of this machine, or <c>token:NAME</c>.</param>
/// <param name="Client">The address it asks from; <c>unix</c> for the socket in the data folder.</param>
internal sealed record Caller(string Name, string Client, Scopes Scopes);
